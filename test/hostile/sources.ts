import type { SourceSettings } from '../../functions/receive/receive.ts'
import { ChangeKind } from '../../functions/sources/source.ts'
import { kinds } from '../sources/contract-cases.ts'
import { providers } from './providers.ts'

/** Sources as an operator may have set them up, some of them badly. Those named `…-secret` have none that counts. */
export const sources: ReadonlyMap<string, SourceSettings> = new Map(
  [
    { name: 'generic', kind: 'generic' },
    { name: 'github', kind: 'github' },
    { name: 'slack', kind: 'slack' },
    { name: 'asana', kind: 'asana' },
    { name: 'notion', kind: 'notion' },
    { name: 'msgraph', kind: 'msgraph' },
    { name: 'cloudevents', kind: 'cloudevents' },
    { name: 'monday', kind: 'monday' },
    { name: 'asana-without-secret', kind: 'asana' },
    { name: 'notion-without-secret', kind: 'notion' },
    { name: 'pinned-bearer', kind: 'generic', authentication: 'bearer' },
    { name: 'pinned-hmac', kind: 'generic', authentication: 'hmac' },
    { name: 'pinned-standard-webhooks', kind: 'generic', authentication: 'standard-webhooks' },
    { name: 'no-secret', kind: 'generic' },
    { name: 'empty-secret', kind: 'generic' },
    { name: 'github-without-secret', kind: 'github' },
    { name: 'slack-without-secret', kind: 'slack' },
    { name: 'wrong-options', kind: 'generic', authentication: 'none' },
    { name: 'unknown-kind', kind: 'telegraph' },
    { name: 'prototype-kind', kind: '__proto__' },
    ...providers.map((kind) => ({ ...kinds[kind].options, name: kind, kind, meanings: [...ChangeKind.options] })),
  ].map((source) => [source.name, source]),
)
