/** What was logged, per event. Lambda puts a time, a request id and a level before what a console method writes. */
export type Lines = {
  byConsole: number
  byConsoleBytes: number
  raw: number
  rawBytes: number
  /** The metrics that embedded metric format makes of them, by name and dimensions. */
  metrics: string[]
}

/** Listens to the log, which is standard output, while something is done. */
export function listening() {
  const byConsole: string[] = []
  const raw: string[] = []
  return {
    async while<T>(work: () => Promise<T>): Promise<T> {
      const { log } = console
      const { stdout } = process
      const { write } = stdout
      console.log = (line: unknown) => void byConsole.push(String(line))
      stdout.write = (text: unknown) => raw.push(...String(text).trimEnd().split('\n')) > 0
      try {
        return await work()
      } finally {
        console.log = log
        stdout.write = write
      }
    },
    forget() {
      byConsole.length = 0
      raw.length = 0
    },
    /** @param events how many they are of */
    each: (events: number): Lines => ({
      byConsole: byConsole.length / events,
      byConsoleBytes: bytes(byConsole) / events,
      raw: raw.length / events,
      rawBytes: bytes(raw) / events,
      metrics: [...new Set([...byConsole, ...raw].flatMap(metricsOf))],
    }),
  }
}

function bytes(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0)
}

type Embedded = Record<string, unknown> & {
  _aws?: { CloudWatchMetrics: { Namespace: string; Dimensions: string[][]; Metrics: { Name: string }[] }[] }
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metricsOf(line: string): string[] {
  if (!line.includes('"_aws"')) return []
  const logged = JSON.parse(line.slice(line.indexOf('{'))) as Embedded
  return (logged._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name }) => JSON.stringify([Namespace, Name, ...names.map((name) => [name, logged[name]])])),
    ),
  )
}
