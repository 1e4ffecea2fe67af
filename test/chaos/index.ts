import { parseArgs } from 'node:util'
import { report } from './report.ts'
import { runChaos } from './run.ts'

const usage = `npm run chaos -- [options]

  --events N     events of the story (3000)
  --seed S       the same seed tells the same story (1)
  --home HOME    one-machine, or aws: the adapters over the wire, against local servers (one-machine)
  --workers N    processes that deliver (3)
  --sessions     the bridge logs in, to sessions that last a minute of the story, with a password that changes
  --json         the outcome as JSON

Exits 1 when anything was lost or is wrong, or there were more logins than sessions that ended and workers.`

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    home: { type: 'string', default: 'one-machine' },
    workers: { type: 'string', default: '3' },
    sessions: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const [events, seed, workers] = [values.events, values.seed, values.workers].map(Number) as [number, number, number]
const home = values.home === 'aws' || values.home === 'one-machine' ? values.home : undefined
if (values.help || !home || ![events, workers].every((n) => Number.isInteger(n) && n > 0) || !Number.isInteger(seed)) {
  console.error(usage)
  process.exit(values.help ? 0 : 2)
}

const line = process.stderr.isTTY ? (text: string) => process.stderr.write(`\r\u001b[K${text}`) : say()
const outcome = await runChaos({ events, seed, workers, home, sessions: values.sessions }, (text) =>
  line(`seed ${seed}: ${text}`),
)
if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
console.log(values.json ? JSON.stringify(outcome, null, 2) : report(outcome))
process.exitCode = outcome.lost.length + outcome.wrong.length > 0 ? 1 : 0

/** Where nobody rewrites lines, every tenth is enough. */
function say(): (text: string) => void {
  let count = 0
  return (text) => {
    count += 1
    if (count % 10 === 0) console.error(text)
  }
}
