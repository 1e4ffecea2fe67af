import { z } from 'zod'
import type { SourceSettings } from './receive.ts'
import { sources as kinds, sourceOfKind } from './sources/index.ts'

/** Settings come as text from an environment, or as JSON from a file or CDK's context; nothing counts as not set. */
function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' || value === null ? undefined : value), schema)
}
const number = (schema: z.ZodInt) =>
  z.preprocess((value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value), schema)
const json = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value, context) => {
    if (typeof value !== 'string') return value
    try {
      return JSON.parse(value)
    } catch {
      context.addIssue({ code: 'custom', message: 'expected JSON' })
      return z.NEVER
    }
  }, schema)

const Port = number(z.int('expected a port number').min(0).max(65535, 'expected a port number up to 65535'))
const SourceName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'expected a name of a-z, 0-9 and -')
const Url = z.url({ protocol: /^https?$/, error: 'expected a URL such as https://club.iw-erp.de' })

const Schema = z.strictObject({
  /** Where the front door listens; 0 takes a free port. */
  PORT: optional(Port.default(8787)),
  HOST: optional(z.string().default('127.0.0.1')),
  /** Where everything is kept on one machine. */
  DATA_DIR: optional(z.string().default('.bridge')),
  ERP_BASE_URL: optional(
    Url.refine((url) => url.startsWith('https:') || isLoopback(new URL(url).hostname), {
      error: 'expected https; http is for loopback only',
    }).optional(),
  ),
  ERP_TOKEN: optional(z.string().optional()),
  ERP_BUILD_ID: optional(z.string().optional()),
  ERP_PACKAGE_ID: optional(z.string().optional()),
  /** `whole` sends the whole chat message in a PUT, for a host that clears what a PUT leaves out. */
  ERP_PUT: optional(z.enum(['changes', 'whole'], { error: 'expected changes or whole' }).default('changes')),
  /** Seconds to wait after a PUT whose answer was lost. */
  ERP_LOST_ANSWER_WAIT: optional(number(z.int('expected seconds').min(0).max(900)).default(60)),
  /** Where the simulated ERP listens, when there is no ERP_BASE_URL. */
  ERP_PORT: optional(Port.default(8788)),
  /** How the outside calls the bridge. */
  PUBLIC_URL: optional(Url.optional()),
  /** Source name → secrets; wins over what is stored. */
  WEBHOOK_SECRETS: optional(json(z.record(SourceName, z.array(z.string().min(1)))).default({})),
  /** Source name → its kind and options. */
  SOURCES: optional(json(z.record(SourceName, z.looseObject({ kind: z.string() }))).default({})),
})

/** Every setting there is, by its name in an environment, in BRIDGE_CONFIG and in CDK's context. */
export const settingNames = Object.keys(Schema.shape) as (keyof typeof Schema.shape)[]

export type Settings = Omit<z.infer<typeof Schema>, 'SOURCES'> & {
  /** By name, options checked against their kind. */
  sources: ReadonlyMap<string, SourceSettings>
}

/** A setting that is missing or wrong: the message says which, and what is expected, and never its value. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/**
 * Reads the settings of either home.
 * @param given the settings by name, as text or JSON
 * @param options.everyKind there is a source of each kind without any setting, named like it (on one machine)
 * @throws SettingsError
 */
export function readSettings(given: Record<string, unknown>, { everyKind }: { everyKind: boolean }): Settings {
  const parsed = Schema.safeParse(given)
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map(sentence).join('; '))
  const { SOURCES, ...settings } = parsed.data
  if (settings.ERP_BASE_URL && !settings.ERP_TOKEN) {
    throw new SettingsError('ERP_TOKEN is missing: the session token or API key for ERP_BASE_URL')
  }
  const defaults = everyKind ? Object.fromEntries(Object.keys(kinds).map((kind) => [kind, { kind }])) : {}
  const sources = new Map<string, SourceSettings>()
  for (const [name, options] of Object.entries({ ...defaults, ...SOURCES })) {
    const source = { ...options, name }
    const kind = sourceOfKind(source.kind)
    if (!kind) throw new SettingsError(`SOURCES: ${name}: expected a kind of ${Object.keys(kinds).join(', ')}`)
    const checked = kind.options.safeParse(source)
    if (!checked.success) {
      throw new SettingsError(checked.error.issues.map((issue) => `SOURCES: ${name}: ${sentence(issue)}`).join('; '))
    }
    sources.set(name, source)
  }
  return { ...settings, sources }
}

/** Whether a host name is this machine. */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: there is no such setting`
  return `${issue.path.map(String).join('.')}: ${issue.message}`
}
