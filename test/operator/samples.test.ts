import { describe, expect, it } from 'vitest'
import { receive } from '../../functions/receive/receive.ts'
import type { SampleEvent } from '../../functions/sources/common/sample.ts'
import { sourceOfKind, sources } from '../../functions/sources/registry.ts'
import { eventTypes } from '../../functions/state/changes.ts'
import type { SourceInfo } from '../../operator/open/bridge.ts'
import { sample, samplesByKind } from '../../operator/send/samples.ts'
import type { OpenBridge } from '../support/cli.ts'
import { cliCommand } from '../support/cli.ts'
import { at, context, noon, secret } from '../support/factories.ts'

const send = cliCommand('send')

const now = new Date(noon)
const publicUrl = 'https://bridge.example'
const signing = { secret, now, url: `${publicUrl}/webhooks/shop` }
const others = { secrets: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'] }
const own = ['generic', 'standard-webhooks', 'cloudevents']

/** An event of chat message 42, and of what an object needs that has no name of its own. */
function eventOf(kind: string, type: string, given: Partial<SampleEvent> = {}): SampleEvent {
  const object = own.includes(kind) && { object: 'order-7' }
  const file = { attachment: { filename: 'roof.pdf' } }
  const happened = { id: 'evt_1', type, occurredAt: at(-5), ...object, ...file, text: 'neu', emoji: '🎉' }
  return { ...happened, messageId: '42', ...given }
}

/** What the bridge makes of the webhook that a source is sent, whose id must be the one that the sample tells. */
async function received(options: SourceInfo, event: SampleEvent, url = signing.url) {
  const webhook = await sample(options, event, { ...signing, url })
  if (typeof webhook === 'string') throw new Error(webhook)
  const { eventId, headers, body, path } = webhook
  const request = { method: 'POST', url: `/webhooks/shop${path}`, headers, body: Buffer.from(body) }
  const source = { name: 'shop', ...options }
  const { response, events, ...asked } = await receive(request, source, context({ publicUrl }))
  const byOthers = await receive(request, source, context({ publicUrl, ...others }))
  const statuses = [response.status, byOthers.response.status]
  expect(events.map((each) => each.eventId)).toEqual([eventId])
  return { ...asked, events, statuses, path }
}

/** The option that a source is told to have, for an event that it doesn't take without. */
async function neededOption(source: SourceInfo, event: SampleEvent): Promise<object | undefined> {
  const reason = await sample(source, event, signing)
  const [, option] = typeof reason === 'string' ? (/only with an option such as (\{.*\})$/.exec(reason) ?? []) : []
  return option === undefined ? undefined : JSON.parse(option)
}

const byKind = await samplesByKind()
const list = byKind.flatMap(({ kind, types: said }) => {
  const types = said[0] === 'all of them' ? [...eventTypes] : said
  return types.map((type) => ({ kind, type: type.replace('*', ''), isOption: type.endsWith('*') }))
})

describe('the list of what can be sent', () => {
  it('is in the help of the command, and names only kinds and types that exist', async () => {
    let help = ''
    const print = (text: string) => {
      help += text
    }
    await send(['--help'], (() => {}) as unknown as OpenBridge, { print })
    for (const { kind, types } of byKind)
      expect(help).toMatch(new RegExp(`${kind} +${types.join(', ').replaceAll('*', '\\*')}`))
    expect(Object.keys(sources)).toEqual(expect.arrayContaining(list.map(({ kind }) => kind)))
    expect(eventTypes).toEqual(expect.arrayContaining(list.map(({ type }) => type)))
  })

  it.each(list)('holds: $kind says $type', async ({ kind, type, isOption }) => {
    const event = eventOf(kind, type)
    const option = await neededOption({ kind }, event)
    expect(option !== undefined).toBe(isOption)
    const meanings = ['completed', 'reaction', 'text', 'attachment']
    const { statuses, events, updates, links } = await received({ kind, meanings, ...option }, event)
    const { success = 202, refusal = 401 } = sourceOfKind(kind) ?? {}
    expect(statuses).toEqual([kind === 'msteams' ? 200 : success, refusal])
    expect(events).toMatchObject([{ type, messageIds: ['42'] }])
    expect(new Set([...updates, ...links].map(({ messageId }) => messageId))).toEqual(new Set(['42']))
  })

  it('leaves out only what such systems never say', async () => {
    const isListed = (kind: string, type: string) => list.some((each) => each.kind === kind && each.type === type)
    for (const kind of new Set(list.map((each) => each.kind))) {
      for (const type of [...eventTypes, 'task.dne'].filter((each) => !isListed(kind, each))) {
        const webhook = await sample({ kind }, eventOf(kind, type), signing)
        if (own.includes(kind)) expect(webhook).toMatchObject({ body: expect.stringContaining(type) })
        else expect(webhook).toMatch(new RegExp(`^${kind} sends .*, not ${type}$`))
      }
    }
  })
})

describe('a sample that is sent', () => {
  const stamped = { signedText: '{id}.{timestamp}.{body}', idHeader: 'x-id', timestampHeader: 'x-time' }
  const stripes = {
    signatureHeader: 'stripe-signature',
    signatureSeparator: ',',
    signaturePrefix: 'v1=',
    signedText: '{timestamp}.{body}',
    timestampHeader: 'stripe-signature',
    timestampPrefix: 't=',
  }
  const hmac = { kind: 'generic', authentication: 'hmac' }

  it.each<SourceInfo>([
    { kind: 'generic', authentication: 'bearer' },
    { kind: 'cloudevents', authentication: 'bearer' },
    { ...hmac, signatureHeader: 'X-Sign' },
    { ...hmac, encoding: 'base64', algorithm: 'sha1', secretEncoding: 'base64' },
    { ...hmac, ...stamped, timestampUnit: 'milliseconds', tolerance: 1 },
    { ...hmac, ...stripes },
    { kind: 'gitlab', authentication: 'token' },
    { kind: 'gitlab', authentication: 'signature' },
    { kind: 'trello', publicUrl: 'https://other.example/' },
    { kind: 'monday', publicUrl: 'https://other.example/' },
    { kind: 'vereinsantrag', events: { EmailConfirmed: 'task.done' }, signedText: '{id}:{body}' },
  ])('is signed as the options of its source say: %j', async (source) => {
    const url = `${source['publicUrl'] ?? `${publicUrl}/`}webhooks/shop`
    const { statuses, updates } = await received(source, eventOf(source.kind, 'task.done'), url)
    expect(statuses).toEqual([202, source.kind === 'trello' ? 403 : 401])
    expect(updates).toMatchObject([{ messageId: '42', change: { value: true } }])
  })

  it.each<SourceInfo>([
    { kind: 'trello', dueComplete: false, doneLists: ['Fertig'] },
    { kind: 'trello', dueComplete: false, doneLists: [], doneItems: ['Geprüft'] },
    { kind: 'trello', dueComplete: false, doneLists: [], archived: true },
    { kind: 'linear', doneStates: ['canceled'] },
    { kind: 'jira', doneStatuses: ['shipped'] },
    { kind: 'monday', doneLabels: ['Fertig'], statusColumns: ['Stand'] },
    { kind: 'msteams', commands: { Fertig: 'task.done', 'Fertig?': 'task.reopened', 'doch nicht': 'task.reopened' } },
    { kind: 'vereinsantrag', events: { ApplicationRejected: 'task.reopened', EmailConfirmed: 'task.done' } },
    { kind: 'todoist', recurring: false },
  ])('says done and open again in the words of its source: %j', async (source) => {
    for (const [type, value] of [
      ['task.done', true],
      ['task.reopened', false],
    ] as const) {
      const { updates } = await received(source, eventOf(source.kind, type))
      expect(updates).toMatchObject([{ messageId: '42', change: { kind: 'completed', value } }])
    }
  })

  const readers = ['clickup', 'github', 'gitlab', 'jira', 'linear', 'monday', 'msteams', 'slack', 'todoist', 'trello']
  it.each(readers)('of kind %s names the chat message in the URL where no text may refer to it', async (kind) => {
    const options = { references: 'none', ...(kind === 'msteams' && { commands: { done: 'task.done' } }) }
    const type = kind === 'slack' ? 'reaction.added' : 'task.done'
    const { path, updates, links } = await received({ kind, ...options }, eventOf(kind, type))
    expect([path, links]).toEqual(['/42', []])
    expect(updates).toMatchObject([{ messageId: '42' }])
    const option = await neededOption({ kind, ...options }, eventOf(kind, 'link.added'))
    const { links: taught } = await received({ kind, ...options, ...option }, eventOf(kind, 'link.added'))
    expect(taught).toMatchObject([{ messageId: '42', present: true }])
  })

  it.each<[SourceInfo]>([
    [{ kind: 'trello', dueComplete: false, doneLists: [] }],
    [{ kind: 'linear', doneStates: [] }],
    [{ kind: 'monday', doneLabels: [] }],
    [{ kind: 'monday', statusColumns: [] }],
    [{ kind: 'msteams', commands: { again: 'task.reopened' } }],
  ])('is none where %j can not be done, and the option that is named lets it', async (source) => {
    const event = eventOf(source.kind, 'task.done')
    const option = await neededOption(source, event)
    expect((await received({ ...source, ...option }, event)).updates).toMatchObject([{ change: { value: true } }])
  })

  it.each([
    ['github', 'club/site#7'],
    ['gitlab', 'club/site#7'],
    ['gitlab', 'club/all/site!7'],
    ['jira', 'CLUB-7'],
    ['linear', '0a1b'],
    ['trello', '0a1b'],
    ['todoist', '7'],
    ['clickup', '7x'],
    ['monday', '7'],
    ['msteams', '19:a@thread.skype'],
  ])('of kind %s is of the object %s, by its actor, when it happened', async (kind, object) => {
    const { messageId: _, ...event } = eventOf(kind, 'task.done', { object, actor: '12' })
    const option = await neededOption({ kind }, event)
    const { events, objectUpdates } = await received({ kind, ...option }, event)
    expect(events).toMatchObject([{ object, actor: '12', occurredAt: at(-5), messageIds: [] }])
    expect(objectUpdates).toMatchObject([{ object }])
  })

  it.each([
    ['github', { object: 'club' }, '--object: expected owner/repository#number'],
    ['gitlab', { object: 'club/site' }, '--object: expected group/project#number'],
    ['monday', { actor: 'anna' }, '--actor: expected a number'],
  ])('of kind %s is none of %j, which it can not say', async (kind, given, reason) => {
    expect(await sample({ kind }, eventOf(kind, 'task.done', given), signing)).toContain(reason)
  })

  it('without a chat message is no link, and nothing of an application', async () => {
    const { messageId: _, ...event } = eventOf('jira', 'link.added')
    expect(await sample({ kind: 'jira' }, event, signing)).toContain('which chat message?')
    const events = { ApplicationAccepted: 'task.done' }
    expect(await sample({ kind: 'vereinsantrag', events }, { ...event, type: 'task.done' }, signing)).toContain(
      'which chat message?',
    )
  })

  it('names a chat message in the URL that would be read otherwise in a text', async () => {
    const { path, updates } = await received({ kind: 'jira' }, eventOf('jira', 'task.done', { messageId: '_4_' }))
    expect([path, updates]).toMatchObject(['/_4_', [{ messageId: '_4_' }]])
  })

  it('takes away the file that it added, and no other', async () => {
    for (const kind of ['jira', 'linear', 'trello', 'todoist']) {
      const source = { kind, meanings: ['attachment'] }
      const idOf = async (type: string, filename: string) => {
        const { updates } = await received(source, eventOf(kind, type, { attachment: { filename } }))
        return updates.map(({ change }) => change.kind === 'attachment' && change.attachment.id)
      }
      const [id] = await idOf('attachment.added', 'a.pdf')
      expect(id).toEqual(expect.any(String))
      expect(await idOf('attachment.removed', 'a.pdf')).toEqual([id])
      expect(await idOf('attachment.removed', 'b.pdf')).not.toEqual([id])
    }
  })
})
