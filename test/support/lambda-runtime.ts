/** Runs in a process of its own: loads the bundle that its argument names, and calls its handler for every message. */
const { handler } = await import(process.argv[2] as string)

process.on('message', async ({ id, event }: { id: number; event: unknown }) => {
  try {
    process.send?.({ id, result: await handler(event, {}) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
})
process.send?.('ready')
