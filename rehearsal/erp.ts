import { readFileSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { createServer } from 'node:tls'
import { type SimulatedErp, type SimulatedMessage, startSimulatedErp } from '../local/simulated-erp/server.ts'
import type { Certificate } from './certificate.ts'

/** The ERP of a rehearsal: simulated, so that it can be made to fail. `url` is how the deployed bridge reaches it. */
export type RehearsalErp = SimulatedErp & { token: string }

const token = 'rehearsal-session-token'
/** Identifiers of its chat messages. */
const [first, last] = [1, 120]

/** Starts an ERP that is reached by https on loopback. */
export async function startErp(certificate: Certificate): Promise<RehearsalErp> {
  const erp = await startErpOn(0)
  const behind = Number(new URL(erp.url).port)
  const door = createServer(
    { cert: readFileSync(certificate.file), key: readFileSync(certificate.keyFile) },
    (outside) => {
      const inside = connect(behind, '127.0.0.1')
      outside.pipe(inside).pipe(outside)
      outside.on('error', () => inside.destroy())
      inside.on('error', () => outside.destroy())
    },
  )
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve))
  const { stop } = erp
  erp.url = `https://127.0.0.1:${(door.address() as AddressInfo).port}`
  erp.stop = async () => {
    door.close()
    await stop()
  }
  return erp
}

/** Starts an ERP that AWS reaches by a URL of this machine's, such as a tunnel's, that leads to a port of loopback. */
export async function startErpBehind(url: string, port: number): Promise<RehearsalErp> {
  const erp = await startErpOn(port)
  erp.url = url
  return erp
}

async function startErpOn(port: number): Promise<RehearsalErp> {
  const messages = Array.from({ length: last - first + 1 }, (_, index): SimulatedMessage => {
    return { id: first + index, message_text: 'Bitte um Rückruf', attachments: [], reactions: [], completed: false }
  })
  return Object.assign(await startSimulatedErp({ messages, token, port }), { token })
}
