import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { SimulatedMessage } from './server.ts'

/** What members of a sports club ask its office for. */
const clubMessages: SimulatedMessage[] = [
  {
    id: 41,
    message_text: 'Mein Beitrag für November wurde doppelt abgebucht. Könnt ihr das bitte prüfen?',
    attachments: [],
    reactions: [],
    completed: false,
  },
  {
    id: 42,
    message_text: 'Wir sind umgezogen: Lindenweg 7, 04275 Leipzig. Tragt ihr die neue Adresse bitte ein?',
    attachments: [],
    reactions: [{ id: 1, emoji: '🏡' }],
    completed: false,
  },
  {
    id: 43,
    message_text: 'Ist die Halle am Samstag ab 14 Uhr für das Kinderturnen frei?',
    attachments: [],
    reactions: [],
    completed: false,
  },
  {
    id: 44,
    message_text: 'Hier ist der unterschriebene Mitgliedsantrag meiner Tochter.',
    attachments: [
      {
        id: 2,
        filename: 'mitgliedsantrag.pdf',
        filesize: '182044',
        mimetype: 'application/pdf',
        created: '2026-11-20T17:42:00Z',
      },
    ],
    reactions: [{ id: 3, emoji: '👍' }],
    completed: false,
  },
  {
    id: 45,
    message_text: 'Die Trikots der F-Jugend sind zu klein. Bitte 12 Stück in Größe 152 bestellen.',
    attachments: [],
    reactions: [],
    completed: false,
  },
]

/** The simulated chat's messages as a folder keeps them, so that a restart doesn't forget what happened; the club's at first. */
export function simulatedMessages(folder: string): {
  messages: SimulatedMessage[]
  save: (messages: SimulatedMessage[]) => void
} {
  const path = join(folder, 'simulated-erp.json')
  return {
    messages: existsSync(path) ? read(path) : clubMessages,
    save(messages) {
      try {
        writeFileSync(`${path}.new`, JSON.stringify(messages, null, 2))
        renameSync(`${path}.new`, path)
      } finally {
        rmSync(`${path}.new`, { force: true })
      }
    },
  }
}

function read(path: string): SimulatedMessage[] {
  try {
    return z.array(SimulatedMessage).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'expected JSON: a list of chat messages'
    throw new Error(`${path} can't be read (${why}): mend it, or remove it to begin with the club's messages`)
  }
}
