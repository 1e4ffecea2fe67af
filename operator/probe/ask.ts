import { errorMessage } from '../../local/error-messages.ts'
import { type Asking, groundOf } from './ground.ts'
import { questions } from './questions.ts'
import type { Restored } from './restore.ts'

/**
 * Asks everything that takes a PUT, and restores after each question, for whatever reason it ended.
 * @returns how the chat message was left, and why the questions ended, where they did not get to their end
 */
export async function askWithPuts(asking: Asking): Promise<{ restored: Restored; why?: string }> {
  const ground = groundOf(asking)
  const why: string[] = []
  for (const ask of questions) {
    await ask(ground).catch((error) => why.push(errorMessage(error)))
    if (!(await ground.back())) why.push('what was changed could not be restored')
    if (why.length > 0) break
  }
  return { restored: ground.restored(), ...(why.length > 0 && { why: why.join('; ') }) }
}
