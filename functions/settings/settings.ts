import * as z from 'zod'
import type { SourceSettings } from '../receive/receive.ts'
import { isPlain, isSafe } from '../sources/common/url.ts'
import { sources as kinds, learnsSecret, sourceOfKind } from '../sources/registry.ts'

/** Settings come as text from an environment, or as JSON from a file or CDK's context; nothing counts as not set. */
function optional<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => (value === '' || value === null ? undefined : value), schema)
}
const number = (schema: z.ZodInt) =>
  z.preprocess((value) => (typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value), schema)
const boolean = z.preprocess(
  (value) => (value === 'true' ? true : value === 'false' ? false : value),
  z.boolean({ error: 'expected true or false' }),
)
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
const Url = z.url({ protocol: /^https?$/, error: 'expected a URL such as https://club.iw-erp.de', abort: true })

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html, with what every service takes.
const TagName = z.string().regex(/^(?!aws:)[\p{L}\p{N} _.:/=+@-]{1,128}$/u, 'expected a tag’s name')
const TagValue = z.string().regex(/^[\p{L}\p{N} _.:/=+@-]{0,256}$/u, 'expected a tag’s value')

/** Where the ERP's own page stands for a customer's host; nothing is there. */
export const exampleErpUrl = 'https://replace-with-own-host.iw-erp.de'

/**
 * Seconds that one call of deliver may take, and as long that an attempt's lease lasts: whoever holds one can't outlive it.
 * Within the first half an attempt begins new steps; a GET and a PUT that time out, each once more with a new session
 * token that they waited 5 s for, take 50 s of the other, and 10 s are left for folding what comes with it.
 */
export const deliverSeconds = 120

/** The stage that serves people unless PRODUCTION says otherwise. */
const productionStage = 'prod'

const Schema = z.strictObject({
  /** Where the front door listens; 0 takes a free port. */
  PORT: optional(Port.default(8787)),
  HOST: optional(z.string().default('127.0.0.1')),
  /** Where everything is kept on one machine. */
  DATA_DIR: optional(z.string().default('.bridge')),
  ERP_BASE_URL: optional(
    Url.refine(isSafe, { error: 'expected https; http is for loopback only' })
      .refine(isPlain, { error: 'expected no user, query or fragment' })
      .optional(),
  ),
  /** One of two ways in: a session token or API key, or a user that the bridge logs in as. */
  ERP_TOKEN: optional(
    z
      .string()
      .regex(/^[\x21-\x7e]+$/, 'expected a token: printable characters without spaces')
      .optional(),
  ),
  ERP_USER: optional(z.string().optional()),
  ERP_PASSWORD: optional(z.string().optional()),
  /** Seconds that a session shall last. */
  ERP_LOGIN_VALID_SECONDS: optional(
    number(z.int('expected 60 to 31536000 seconds').min(60).max(31_536_000)).default(86_400),
  ),
  /** Whether the bridge on AWS logs in, as the user that a secret of its own holds. */
  ERP_LOGIN: optional(boolean.default(false)),
  ERP_BUILD_ID: optional(z.string().optional()),
  ERP_PACKAGE_ID: optional(z.string().optional()),
  /** `whole` sends the whole chat message in a PUT, for a host that clears what a PUT leaves out. */
  ERP_PUT: optional(z.enum(['changes', 'whole'], { error: 'expected changes or whole' }).default('changes')),
  /** `added` for a host that adds the elements of a list in a PUT to those that are there. */
  ERP_LISTS: optional(z.enum(['replaced', 'added'], { error: 'expected replaced or added' }).default('replaced')),
  /** `never` for a host that refuses GET. */
  ERP_READ: optional(z.enum(['always', 'never'], { error: 'expected always or never' }).default('always')),
  /** Do everything but the PUT, and say what it would have been. */
  DRY_RUN: optional(boolean.default(false)),
  /** Seconds to wait after a PUT whose answer was lost. */
  ERP_LOST_ANSWER_WAIT: optional(number(z.int('expected 0 to 900 seconds').min(0).max(900)).default(60)),
  /** Milliseconds between two PUTs to one chat message. */
  PUT_SPACING: optional(number(z.int('expected 0 to 60000 milliseconds').min(0).max(60_000)).default(500)),
  /** Days that a wish is tried before it is parked. */
  MAX_AGE: optional(number(z.int('expected 1 to 365 days').min(1).max(365)).default(7)),
  /** Where the simulated ERP listens, when there is no ERP_BASE_URL. */
  ERP_PORT: optional(Port.default(8788)),
  /** How the outside calls the bridge. */
  PUBLIC_URL: optional(Url.optional()),
  /** How many queue messages are delivered together, and how many such batches at once. */
  BATCH_SIZE: optional(number(z.int('expected 1 to 25 messages').min(1).max(25)).default(10)),
  MAX_CONCURRENCY: optional(number(z.int('expected 2 to 1000 batches').min(2).max(1000)).default(10)),
  /** Seconds that AWS gathers a batch; needed for more than 10 messages. */
  BATCH_WINDOW: optional(number(z.int('expected 0 to 300 seconds').min(0).max(300)).default(0)),
  /** Which of several bridges in one AWS account this is. */
  STAGE: optional(
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected a name of a-z, 0-9 and -')
      .default('dev'),
  ),
  /** Whether it serves people: then AWS keeps its data and its stack from being deleted by mistake. */
  PRODUCTION: optional(boolean.optional()),
  REGION: optional(
    z
      .string()
      .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'expected a region such as eu-central-1')
      .default('eu-central-1'),
  ),
  /** Requests a second that AWS lets through to ingest, and how many more at once. */
  THROTTLE_RATE: optional(number(z.int('expected 1 to 10000 requests a second').min(1).max(10_000)).default(50)),
  THROTTLE_BURST: optional(number(z.int('expected 1 to 5000 requests').min(1).max(5_000)).default(100)),
  /**
   * Instances that AWS sets aside for a function, and its most. None by default: AWS refuses to set any aside where less
   * than 100 would be left, and a new account may have 10 in all.
   */
  INGEST_CONCURRENCY: optional(number(z.int('expected 1 to 1000 instances').min(1).max(1000)).optional()),
  DELIVER_CONCURRENCY: optional(number(z.int('expected 2 to 1000 instances').min(2).max(1000)).optional()),
  /** A key of one's own for everything that is kept. */
  KMS_KEY_ARN: optional(
    z
      .string()
      .regex(/^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[a-zA-Z0-9-]+$/, 'expected arn:aws:kms:REGION:ACCOUNT:key/ID')
      .optional(),
  ),
  /** Where AWS sends alarms; it asks the address first. */
  ALARM_EMAIL: optional(z.email('expected an e-mail address').optional()),
  /** Tags of everything that AWS lets one tag. */
  TAGS: optional(json(z.record(TagName, TagValue)).default({})),
  /** One of the times that CloudWatch Logs knows. */
  LOG_RETENTION_DAYS: optional(
    number(z.int('expected a number of days'))
      .pipe(
        z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400], {
          error: 'expected 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365 or 400 days',
        }),
      )
      .default(30),
  ),
  /** Source name → secrets; wins over what is stored. */
  WEBHOOK_SECRETS: optional(json(z.record(SourceName, z.array(z.string().min(1)))).default({})),
  /** Source name → the token with which its provider's API is asked; wins over what is stored. */
  API_TOKENS: optional(json(z.record(SourceName, z.string().min(1))).default({})),
  /** Source name → its kind and options. */
  SOURCES: optional(json(z.record(SourceName, z.looseObject({ kind: z.string() }))).default({})),
})

/** Every setting there is, by its name in an environment, in BRIDGE_CONFIG and in CDK's context. */
export const settingNames = Object.keys(Schema.shape) as (keyof typeof Schema.shape)[]

export type { SourceSettings }

export type Settings = Omit<z.infer<typeof Schema>, 'SOURCES' | 'PRODUCTION'> & {
  PRODUCTION: boolean
  /** By name, options checked against their kind. */
  sources: ReadonlyMap<string, SourceSettings>
}

/** A setting that is missing or wrong: the message says which, and what is expected, and never its value. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/**
 * Reads the settings of a home.
 * @param given the settings by name, as text or JSON
 * @param home on one machine there is a source of each kind without any setting, named like it, and an ERP to try; on AWS
 *   there is only what settings name, and secrets stand in Secrets Manager
 * @throws SettingsError
 */
export function readSettings(given: Record<string, unknown>, home: 'one machine' | 'AWS'): Settings {
  const parsed = Schema.safeParse(given)
  if (!parsed.success) throw new SettingsError(parsed.error.issues.map(sentence).join('; '))
  const { SOURCES, ...rest } = parsed.data
  const settings = { ...rest, PRODUCTION: rest.PRODUCTION ?? rest.STAGE === productionStage }
  if (home === 'AWS') requireForAws({ SOURCES, ...settings }, given)
  else requireOneWayIn(settings)
  if (settings.ERP_PUT === 'whole' && settings.ERP_READ === 'never') {
    throw new SettingsError(
      'ERP_PUT: whole can not go with ERP_READ=never: nothing tells what a whole chat message is before the first PUT',
    )
  }
  if (settings.BATCH_SIZE > 10 && settings.BATCH_WINDOW === 0) {
    throw new SettingsError('BATCH_WINDOW: expected at least 1 second for a BATCH_SIZE of more than 10')
  }
  const everyKind = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, { kind }]))
  return { ...settings, sources: readSources(home === 'AWS' ? SOURCES : { ...everyKind, ...SOURCES }) }
}

/**
 * Checks the options of sources against their kinds.
 * @throws SettingsError
 */
export function readSources(given: Record<string, { kind: string }>): ReadonlyMap<string, SourceSettings> {
  const sources = new Map<string, SourceSettings>()
  for (const [name, options] of Object.entries(given)) {
    const source = { ...options, name }
    const kind = sourceOfKind(source.kind)
    if (!kind) throw new SettingsError(`SOURCES: ${name}: expected a kind of ${Object.keys(kinds).join(', ')}`)
    const checked = kind.options.safeParse(source)
    if (!checked.success) {
      throw new SettingsError(checked.error.issues.map((issue) => `SOURCES: ${name}: ${sentence(issue)}`).join('; '))
    }
    sources.set(name, source)
  }
  for (const { name, linksFor } of sources.values()) {
    const unknown = Array.isArray(linksFor) && linksFor.find((other) => !sources.has(other))
    if (unknown) throw new SettingsError(`SOURCES: ${name}: linksFor: there is no source ${unknown}`)
  }
  return sources
}

/** The names of the sources whose secrets come by a handshake. */
export function sourcesThatLearn(sources: ReadonlyMap<string, SourceSettings>): ReadonlySet<string> {
  return new Set([...sources.values()].filter(({ kind }) => learnsSecret(kind)).map(({ name }) => name))
}

/** The sources whose provider is asked for what their webhooks leave open, with the options of that. */
export function sourcesThatLookUp(sources: ReadonlyMap<string, SourceSettings>): Map<string, SourceSettings> {
  const asked = [...sources].filter(([, { lookUps }]) => lookUps === true)
  return new Map(
    asked.map(([source, { name, kind, lookUps, lookUpsPerMinute, apiUrl }]) => [
      source,
      { name, kind, lookUps, lookUpsPerMinute, apiUrl },
    ]),
  )
}

/** On one machine, a token or a user with a password; the simulated ERP has a token of its own. */
function requireOneWayIn({
  ERP_BASE_URL,
  ERP_TOKEN,
  ERP_USER,
  ERP_PASSWORD,
}: Pick<z.infer<typeof Schema>, 'ERP_BASE_URL' | 'ERP_TOKEN' | 'ERP_USER' | 'ERP_PASSWORD'>): void {
  if (ERP_TOKEN && (ERP_USER || ERP_PASSWORD)) {
    throw new SettingsError('ERP_TOKEN has no place beside ERP_USER and ERP_PASSWORD: set the one or the others')
  }
  if (ERP_USER && !ERP_PASSWORD) throw new SettingsError('ERP_PASSWORD is missing: the password of ERP_USER')
  if (ERP_PASSWORD && !ERP_USER) throw new SettingsError('ERP_USER is missing: the user of ERP_PASSWORD')
  if (ERP_BASE_URL && !ERP_TOKEN && !ERP_USER) {
    throw new SettingsError(
      'ERP_TOKEN is missing: the session token or API key for ERP_BASE_URL; or set ERP_USER and ERP_PASSWORD',
    )
  }
}

/** Settings that only one machine has. */
const ofOneMachine = ['PORT', 'HOST', 'DATA_DIR', 'ERP_PORT', 'PUBLIC_URL']
/** Lambda takes 4 KB of environment, and the rest of ingest's is half a KB. */
const sourcesLimit = 3_500

function requireForAws(settings: z.infer<typeof Schema>, given: Record<string, unknown>): void {
  const misplaced = ofOneMachine.filter((name) => given[name] !== undefined)
  if (misplaced.length > 0) throw new SettingsError(`${misplaced.join(', ')}: this setting is for one machine only`)
  if (!settings.ERP_BASE_URL)
    throw new SettingsError('ERP_BASE_URL is missing: your ERP host, such as https://club.iw-erp.de')
  if (!settings.ERP_BASE_URL.startsWith('https:')) throw new SettingsError('ERP_BASE_URL: expected https')
  if (settings.DELIVER_CONCURRENCY !== undefined && settings.DELIVER_CONCURRENCY < settings.MAX_CONCURRENCY) {
    // Batches that find no instance count as received, and end as dead letters.
    throw new SettingsError(`DELIVER_CONCURRENCY: expected at least MAX_CONCURRENCY, ${settings.MAX_CONCURRENCY}`)
  }
  if (settings.KMS_KEY_ARN && settings.KMS_KEY_ARN.split(':')[3] !== settings.REGION) {
    throw new SettingsError(`KMS_KEY_ARN: expected a key in REGION, ${settings.REGION}`)
  }
  const names = Object.keys(settings.SOURCES)
  const squeezed = names.map((name) => name.replaceAll('-', ''))
  const twin = names.find((_, index) => squeezed.indexOf(squeezed[index] as string) !== index)
  if (twin !== undefined) {
    throw new SettingsError(
      `SOURCES: ${twin}: another source has the same name but for dashes, which AWS can't tell apart`,
    )
  }
  if (JSON.stringify(settings.SOURCES).length > sourcesLimit) {
    throw new SettingsError(`SOURCES: longer than the ${sourcesLimit} bytes that a function's environment holds`)
  }
  if (names.length === 0) {
    throw new SettingsError('SOURCES is missing: name → kind and options, such as {"github":{"kind":"github"}}')
  }
  if (settings.ERP_TOKEN) {
    throw new SettingsError(
      'ERP_TOKEN has no place in a template: deploy, then npx chatroom-bridge secrets token --stack NAME',
    )
  }
  if (Object.keys(settings.API_TOKENS).length > 0) {
    throw new SettingsError(
      'API_TOKENS have no place in a template: deploy, then npx chatroom-bridge secrets api-token SOURCE --stack NAME',
    )
  }
  if (settings.ERP_USER || settings.ERP_PASSWORD) {
    throw new SettingsError(
      'ERP_USER and ERP_PASSWORD have no place in a template: deploy with ERP_LOGIN, then npx chatroom-bridge secrets credentials --stack NAME',
    )
  }
  if (Object.keys(settings.WEBHOOK_SECRETS).length > 0) {
    throw new SettingsError(
      'WEBHOOK_SECRETS have no place in a template: deploy, then npx chatroom-bridge secrets add SOURCE --stack NAME',
    )
  }
}

function sentence(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')}: there is no such setting`
  const message = issue.code === 'invalid_key' ? issue.issues[0]?.message : undefined
  return `${issue.path.map(String).join('.')}: ${message ?? issue.message}`
}
