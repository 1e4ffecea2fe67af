import { chatroomMessagePath, type ErpHost, erpUrl } from '../../functions/erp/api.ts'
import { createHttpCall } from '../../functions/erp/http-call.ts'
import { errorMessage } from '../../local/error-messages.ts'
import type { ErpConnection } from '../open/bridge.ts'
import { type Check, failed, ok, skipped, warning } from './checks.ts'

/** How far this machine's clock may be from the ERP's; ms. Senders sign times that may be 5 min old. */
const maxClockDifference = 60_000
const timeout = 10_000
/** An id that should not exist: 404 proves as well as 200 that the session was accepted. */
const noMessage = '0'

/** Checks by one GET that the ERP is reachable, that it accepts the session, and that the clocks agree. */
export async function checkErp({ session, ...host }: ErpConnection, now: () => number): Promise<Check[]> {
  const reach = 'ERP reachable'
  let token: string
  try {
    token = await session.token()
  } catch (error) {
    const fix = 'set ERP_TOKEN, or ERP_USER and ERP_PASSWORD; on AWS: npx chatroom-bridge secrets token'
    return [failed('ERP session', errorMessage(error), fix)]
  }
  const headers = { accept: 'application/json', 'x-session-token': token }
  const answer = await createHttpCall()('GET', erpUrl(host as ErpHost, chatroomMessagePath(noMessage)), {
    headers,
    timeout,
  })
  if ('failure' in answer) {
    const fix = 'check ERP_BASE_URL and the network; npm start runs a simulated ERP without that setting'
    return [failed(reach, `${host.baseUrl}: ${answer.failure}`, fix)]
  }
  return [
    ok(reach, `${host.baseUrl} answered ${answer.status}`),
    sessionCheck(answer.status),
    clockCheck(String(answer.headers['date'] ?? ''), now()),
  ]
}

function sessionCheck(status: number): Check {
  const name = 'ERP session'
  if (status === 401)
    return failed(name, 'the ERP refuses it (401)', 'give the bridge a new token, or the right user and password')
  if (status === 403) {
    return failed(
      name,
      'it may not read chat messages (403)',
      'give its user the right, or set ERP_READ=never if the host refuses GET',
    )
  }
  if (status >= 500 || status === 429) return warning(name, `the ERP answered ${status}`, 'try again later')
  return ok(name, 'accepted')
}

function clockCheck(date: string, now: number): Check {
  const name = 'clock'
  const difference = Math.abs(now - Date.parse(date))
  if (Number.isNaN(difference)) return skipped(name, 'the ERP sends no Date header')
  const seconds = Math.round(difference / 1000)
  return difference <= maxClockDifference
    ? ok(name, `within ${seconds} s of the ERP's`)
    : warning(
        name,
        `${seconds} s away from the ERP's`,
        'set this clock by NTP: signatures with times are refused otherwise',
      )
}
