import * as z from 'zod'
import { readSources } from '../settings/settings.ts'

const text = z.string().min(1)
const digits = z.string().regex(/^\d+$/)

/** What every function is told: the stage, which Powertools calls a service. */
const common = { POWERTOOLS_SERVICE_NAME: text }

/** What ingest is told by its environment: names and addresses, never a secret. */
export const IngestEnv = z.object({
  ...common,
  QUEUE_URL: z.url(),
  WEBHOOK_SECRETS_ID: text,
  /** Where there is a source that learns. */
  LEARNED_SECRETS_ID: text.optional(),
  SOURCES: text,
})

/** What deliver is told. */
export const DeliverEnv = z.object({
  ...common,
  QUEUE_URL: z.url(),
  DEAD_LETTERS_URL: z.url(),
  TABLE_NAME: text,
  ERP_SESSION_ID: text,
  /** Whether the session's secret is rotated by login. */
  ERP_LOGIN: z.enum(['true', 'false']),
  ERP_BASE_URL: z.url(),
  ERP_BUILD_ID: text.optional(),
  ERP_PACKAGE_ID: text.optional(),
  ERP_PUT: z.enum(['changes', 'whole']),
  ERP_LISTS: z.enum(['replaced', 'added']),
  ERP_READ: z.enum(['always', 'never']),
  DRY_RUN: z.enum(['true', 'false']),
  ERP_LOST_ANSWER_WAIT: digits,
  PUT_SPACING: digits,
  MAX_AGE: digits,
  /** Where there is a source whose provider is asked: those sources, and the secret with their tokens. */
  SOURCES: text.optional(),
  API_TOKENS_ID: text.optional(),
})

/** What login is told. */
export const LoginEnv = z.object({
  ...common,
  ERP_SESSION_ID: text,
  ERP_CREDENTIALS_ID: text,
  ERP_BASE_URL: z.url(),
  ERP_BUILD_ID: text.optional(),
  ERP_PACKAGE_ID: text.optional(),
  ERP_READ: z.enum(['always', 'never']),
  ERP_LOGIN_VALID_SECONDS: digits,
})

/** What sweep is told. */
export const SweepEnv = z.object({ ...common, QUEUE_URL: z.url(), TABLE_NAME: text })

/**
 * Reads what the environment tells a function, once, as it loads: one that is deployed wrong fails there and then.
 * @throws when something is missing or wrong; the message names it
 */
export function readEnv<Env>(schema: z.ZodType<Env>): Env {
  const parsed = schema.safeParse(process.env)
  if (parsed.success) return parsed.data
  throw new Error(
    `the function is deployed wrong: ${parsed.error.issues.map(({ path, message }) => `${path}: ${message}`).join('; ')}`,
  )
}

const Sources = z.record(z.string(), z.looseObject({ kind: z.string() }))

/** The sources as the stack wrote them into the environment. */
export function sourcesOf({ SOURCES }: z.infer<typeof IngestEnv>): ReturnType<typeof readSources> {
  return readSources(Sources.parse(JSON.parse(SOURCES)))
}

/** Those whose provider is asked. Nothing is said of kinds here, so that deliver needn't load them. */
export function sourcesWithLookupsOf({ SOURCES = '{}' }: z.infer<typeof DeliverEnv>): Map<string, { kind: string }> {
  return new Map(Object.entries(Sources.parse(JSON.parse(SOURCES))))
}
