const lookEvery = 250

/**
 * Calls back once when npm, which started this process, ended: npm passes SIGTERM on to the shell between the two, and some
 * shells die of it without passing it on.
 */
export function whenNpmEnds(ended: () => void): void {
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, lookEvery).unref()
}
