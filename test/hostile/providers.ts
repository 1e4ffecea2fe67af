import type { WebhookRequest } from '../../functions/sources/source.ts'
import { type Example, firstProof } from '../sources/contract-case.ts'
import { kinds } from '../sources/contract-cases.ts'
import { noon, secret } from '../support/factories.ts'
import { placesIn } from '../support/places.ts'
import { jsonValue, type Random } from './random.ts'
import { eitherWay, type Kinds } from './sender.ts'
import { nearly } from './signatures.ts'

/** The kinds of source that have no hostile requests of their own elsewhere. */
export const providers = [
  'clickup',
  'cloudevents',
  'gitlab',
  'jira',
  'linear',
  'monday',
  'msteams',
  'standard-webhooks',
  'todoist',
  'trello',
  'vereinsantrag',
] as const
type Provider = (typeof providers)[number]

/** What each of them proves and what it would not send, or not mean. */
export const ofProviders: Kinds = Object.fromEntries(
  providers.flatMap((provider) =>
    Object.entries(hostileTo(provider)).map(([name, kind]) => [name, { count: 250, ...kind }]),
  ),
)

function hostileTo(provider: Provider): Kinds {
  const { ignored, unknown, happened, refused, ...kind } = kinds[provider]
  const isError = unknown.some(({ status }) => status === 422)
  const saidNothing = provider === 'msteams' ? { answer: /^\{"type":"message","text":"Nothing is changed: / } : {}
  const examples = Object.values(kind.says).filter((said) => said !== 'never')
  const example = (random: Random) => structuredClone(random.pick(examples))
  const maySay = { statuses: [200, 202, ...(isError ? [422] : [])], mayQueue: true, count: 100 }
  return {
    [`any JSON value of ${provider}`]: {
      ...saidNothing,
      statuses: [isError ? 422 : 200],
      make: (random, marker) =>
        eitherWay(random, signed(provider, { ...ignored, payload: stamped(provider, jsonValue(random, marker)) })),
    },

    [`anything in any field of ${provider}`]: {
      ...maySay,
      make(random, marker) {
        const said = example(random)
        for (let times = random.between(1, 4); times > 0; times -= 1) {
          const [parent, key] = random.pick(placesIn(said.payload))
          parent[key] = oddValue(random, marker)
        }
        return eitherWay(random, signed(provider, { ...said, payload: stamped(provider, said.payload) }))
      },
    },

    [`odd names, and far too many of everything, in what ${provider} sends`]: {
      ...maySay,
      statuses: [...maySay.statuses, 413],
      make(random, marker) {
        const said = example(random)
        for (const [parent, key] of placesIn(said.payload)) {
          if (/id$|key|name|subject|object|actor/i.test(key)) parent[key] = oddName(random, marker)
          const value = parent[key]
          if (Array.isArray(value)) parent[key] = Array(random.between(2, 60)).fill(value).flat()
        }
        return eitherWay(random, signed(provider, said))
      },
    },

    [`no JSON, or none that is taken, of ${provider}`]: {
      statuses: [400],
      make(random, marker) {
        const { payload, ...said } = example(random)
        const text = JSON.stringify({ marker, ...payload })
        const key = random.pick(['"__proto__":{"a":1}', '"\\u005f_proto__":null', '"constructor":{"prototype":{}}'])
        const body = random.pick([
          () => text.slice(0, random.between(0, text.length - 1)),
          () => `{${key},${text.slice(1)}`,
          () => `${text.slice(0, -1)},"x":[{${key}}]}`,
          () => text.replace(/"(?=[^"]*$)/, '\\'),
          () => random.pick(['[', '{"a":', '[{"event":']).repeat(random.between(2, 2000)),
          () => `\ufeff${text}`,
        ])()
        return eitherWay(random, signed(provider, { ...said, payload: Buffer.from(body) }))
      },
    },

    [`a proof of ${provider} that is off`]: {
      statuses: [refused],
      make(random, marker) {
        const said = example(random)
        if (random.chance(0.3)) {
          const key = random.pick(['', marker, secret.toLowerCase(), `${secret}BBBB`, 'whsec_', 'undefined'])
          return eitherWay(random, signed(provider, said, key))
        }
        const { headers, ...request } = signed(provider, said)
        const { uncovered } = firstProof(kinds[provider])
        const name = random.pick(Object.keys(headers).filter((each) => !['content-type', ...uncovered].includes(each)))
        const { [name]: value = '', ...others } = headers
        // Any of several signatures of Standard Webhooks may hold.
        const [, version = '', digest = ''] = /^(v1,)?(.*)$/s.exec(value) ?? []
        const off = random.pick([{}, { [name]: ' ' }, { [name]: `${version}${nearly(random, digest, marker)}` }])
        return eitherWay(random, { ...request, headers: { ...others, ...off } })
      },
    },

    ...(happened !== 'untimed' && {
      [`a time of ${provider} that nothing may have happened at`]: {
        ...saidNothing,
        statuses: [200],
        make(random) {
          const year = random.pick([random.between(10_000, 270_000), random.between(-200_000, 1969)])
          const month = random.between(0, 11)
          return eitherWay(random, signed(provider, happened(new Date(0).setUTCFullYear(year, month))))
        },
      },
    }),
  }
}

/** The request of an example, signed; no kind here signs by a promise. */
function signed(
  provider: Provider,
  { payload, headers }: Omit<Example, 'payload'> & { payload: unknown },
  key = secret,
): WebhookRequest {
  const request = firstProof(kinds[provider]).request(payload, { key, url: `/webhooks/${provider}` }) as WebhookRequest
  return { ...request, headers: { ...request.headers, ...headers } }
}

/** Linear's time stands in the body: without it nothing would be verified. */
function stamped(provider: Provider, payload: unknown): unknown {
  if (provider !== 'linear') return payload
  return { ...(payload !== null && typeof payload === 'object' ? payload : { payload }), webhookTimestamp: noon }
}

function oddName(random: Random, marker: string): unknown {
  return random.pick([
    '__proto__',
    'constructor',
    '',
    ' ',
    '../42',
    `${marker}\0`,
    'x'.repeat(random.between(250, 600)),
    random.text(random.between(1, 20)),
    String.fromCharCode(random.between(0xd800, 0xdfff)),
    random.between(-1e9, 1e9),
    null,
  ])
}

function oddValue(random: Random, marker: string): unknown {
  return random.pick([
    () => jsonValue(random, marker),
    () => oddName(random, marker),
    () => ({ toString: marker, length: -1, constructor: null }),
    () => Array.from({ length: random.between(1, 60) }, (_, index) => `chatroom_message/${index}`).join(' '),
    () => `chatroom_message/${marker}${'-'.repeat(random.between(0, 3000))}`,
    () => random.pick(['0000-01-01T00:00:00Z', '+275760-09-13T00:00:00Z', 8.64e15, 8.64e15 + 1, -1, 1e300]),
    () => JSON.parse(`${'['.repeat(500)}1${']'.repeat(500)}`),
    () => '💥'.repeat(random.between(1, 5000)),
  ])()
}
