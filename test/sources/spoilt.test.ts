import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { receive } from '../../functions/receive/receive.ts'
import { context, secret } from '../support/factories.ts'
import { type Json, placesIn } from '../support/places.ts'
import { firstProof } from './contract-case.ts'
import { kinds } from './contract-cases.ts'

const everything = ['completed', 'reaction', 'text', 'attachment']
const oddTimes = ['0000-01-01T00:00:00Z', '275760-09-13', 8.64e15, 8.64e15 + 1, -1, 1e300]
const edits = fc.array(fc.tuple(fc.nat(200), fc.oneof(fc.jsonValue(), fc.constantFrom(...oddTimes))), { maxLength: 5 })
const parameters = { numRuns: 300, seed: 20261122 }

/** What is verified and answered, whatever it says. */
const answers = [200, 202, 400, 413, 422]

describe.each(Object.entries(kinds))('a webhook of kind %s', (name, kind) => {
  const { options, proofs, says, unknown, refused } = kind
  const source = { ...options, name, kind: name, meanings: everything }
  const url = `/webhooks/${name}`
  const sending = { key: secret, url }
  const proof = firstProof(kind)
  const told = Object.values(says).filter((said) => said !== 'never')
  const examples = told.length > 0 ? told : [kind.ignored]
  const isError = unknown.some(({ status }) => status === 422)
  const isInBody = proof.holds?.isInBody || proof.covers.body === 'only itself'
  const alsoRefused = isInBody ? [refused] : []
  const expected = [200, 202, ...alsoRefused, ...(isError ? [422] : [])]

  it('that is signed may have anything in any field', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...examples), edits, async ({ payload: given, headers }, spoil) => {
        const payload = structuredClone(given)
        const places = placesIn(payload)
        for (const [index, value] of spoil) {
          const [parent, key] = places[index % places.length] as [Json, string]
          parent[key] = value
        }
        const request = await proof.request(payload, sending)
        const { response } = await receive(
          { ...request, headers: { ...request.headers, ...headers } },
          source,
          context(),
        )
        expect(expected).toContain(response.status)
      }),
      parameters,
    )
  })

  it('that is signed may have an object in any field whose length is none', async () => {
    for (const { payload: given, headers } of examples) {
      for (const index of placesIn(given).keys()) {
        const payload = structuredClone(given)
        const [parent, key] = placesIn(payload)[index] as [Json, string]
        parent[key] = { length: { toString: 1, valueOf: 1 } }
        const request = await proof.request(payload, sending)
        const sent = { ...request, headers: { ...request.headers, ...headers } }
        expect(expected).toContain((await receive(sent, source, context())).response.status)
      }
    }
  })

  it('that is signed may be any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async (bytes) => {
        const request = await proof.request(bytes, sending)
        const { response } = await receive(request, source, context())
        expect([...answers, ...alsoRefused]).toContain(response.status)
      }),
      parameters,
    )
  })

  const covering = Object.entries(proofs).filter(([, { covers }]) => covers.body === true)
  it.each(covering)('that is proven by %s is refused with other bytes, whatever they are', async (_, { request }) => {
    const signed = await request(examples[0]?.payload, sending)
    const { length } = signed.body
    await fc.assert(
      fc.asyncProperty(fc.nat(length), fc.nat(3), fc.uint8Array({ maxLength: 3 }), async (place, gone, bytes) => {
        const body = Buffer.concat([signed.body.subarray(0, place), bytes, signed.body.subarray(place + gone)])
        const { response } = await receive({ ...signed, body }, source, context())
        expect(response.status === refused).toBe(!body.equals(signed.body))
      }),
      parameters,
    )
  })
})
