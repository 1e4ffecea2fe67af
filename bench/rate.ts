/** Each line is the median of this many runs. */
export const runs = 5

/** Runs `work` (which does `count` things) several times. @returns things per second, the median */
export async function rate(name: string, count: number, work: () => Promise<void> | void): Promise<number> {
  const rates: number[] = []
  for (let run = 0; run <= runs; run += 1) {
    const begin = performance.now()
    await work()
    // The first run only warms up.
    if (run > 0) rates.push((count / (performance.now() - begin)) * 1000)
  }
  const median = rates.sort((a, b) => a - b)[Math.floor(runs / 2)] as number
  console.log(`${name.padEnd(66)} ${Math.round(median).toLocaleString('en').padStart(10)} /s`)
  return median
}

export function ratio(name: string, a: number, b: number): void {
  console.log(`${name.padEnd(66)} ${(a / b).toFixed(2).padStart(10)} ×`)
}
