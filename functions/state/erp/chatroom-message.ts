import * as z from 'zod'

const lists = {
  reactions: z.array(z.looseObject({ id: z.int().nullish(), emoji: z.string().nullish() })),
  attachments: z.array(z.looseObject({ id: z.int().nullish(), filename: z.string().nullish() })),
}

/**
 * A chat message as the ERP tells it (its page on the PUT, answer 200). Keys that we don't know are kept, because lists go
 * back whole. No attribute is marked required there, so an absent list is read as an empty one.
 */
export const ChatroomMessage = z.looseObject({
  id: z.int().optional(),
  message_text: z.string().nullish(),
  completed: z.boolean().nullish(),
  reactions: lists.reactions.nullish().transform((list) => list ?? []),
  attachments: lists.attachments.nullish().transform((list) => list ?? []),
})
export type ChatroomMessage = z.infer<typeof ChatroomMessage>

/** The lists of a chat message, as a record keeps them for a host that refuses GET. */
export const Lists = z.strictObject(lists)
export type Lists = z.infer<typeof Lists>

/** The `data` of a PUT: the attributes to change. */
export type ChatroomMessageData = Partial<z.input<typeof ChatroomMessage>>
