import type { SimulatedMessage } from './server.ts'

/** The chat as people in the ERP would see it. Reloads itself; takes nothing from elsewhere. */
export function page(messages: readonly SimulatedMessage[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="2">
<title>Simulated ERP: chatroom</title>
<style>
  :root { color-scheme: light dark; font: 16px/1.45 system-ui, sans-serif }
  body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
  h1 { font-size: 1.2rem; margin: 0 0 .25rem }
  p { margin: 0 }
  ol { list-style: none; padding: 0 }
  li { border: 1px solid #8886; border-radius: .75rem; padding: .75rem 1rem; margin: .75rem 0 }
  li.completed { border-color: #2a8a4a; background: #2a8a4a1a }
  footer { display: flex; flex-wrap: wrap; gap: .75rem; align-items: baseline; margin-top: .5rem; font-size: .9rem }
  .number { opacity: .7 }
  .state { font-weight: 600 }
  .completed .state { color: #2a8a4a }
</style>
<h1>Chatroom of the simulated ERP</h1>
<p>What the bridge changes shows here within a few seconds. The number is what a task elsewhere refers to.</p>
<ol>${messages.map(item).join('')}
</ol>
</html>
`
}

function item({ id, message_text, completed, reactions, attachments }: SimulatedMessage): string {
  return `
<li${completed ? ' class="completed"' : ''}>
  <p>${escaped(message_text)}</p>
  ${attachments.map(({ filename }) => `<p>📎 ${escaped(filename)}</p>`).join('')}
  <footer><span class="state">${completed ? '✓ completed' : '○ open'}</span>
  ${reactions.map(({ emoji }) => `<span>${escaped(emoji)}</span>`).join('')}
  <span class="number">chatroom_message/${id}</span></footer>
</li>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}
