import { onTestFinished, vi } from 'vitest'

/** The lines that are written to a stream while the test runs. */
export function written(stream: NodeJS.WriteStream): string[] {
  const lines: string[] = []
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk) => lines.push(String(chunk)) > 0)
  onTestFinished(() => spy.mockRestore())
  return lines
}
