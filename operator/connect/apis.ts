import { curl, type Place, type Steps, takesSecret } from './place.ts'

/** Systems whose webhooks are made by their API. */

/** https://developers.asana.com/reference/createwebhook */
export const asana: Steps = ({
  name,
  url,
  run,
}) => `1. My settings → Apps → Developer apps → Personal access tokens: TOKEN, of somebody who sees the tasks.

2. Let the bridge ask Asana what a task is like, since webhooks don't say it. In SOURCES: "lookUps": true. Then, with TOKEN on
   standard input:

     ${run(`secrets api-token ${name}`)}

3. Let Asana teach the bridge its secret, within ten minutes from now:

     ${run(`secrets learn ${name} --for 10m`)}

4. Make the webhook. PROJECT is the number in the project's address:

${curl('https://app.asana.com/api/1.0/webhooks', { authorization: 'Bearer TOKEN' }, { data: { resource: 'PROJECT', target: url, filters: asanaFilters } })}

5. Complete a task whose notes say chatroom_message/42.`

/** What the bridge reads: the changes that a look-up asks about, and the stories that say something without one. */
const asanaFilters = [
  { resource_type: 'task', action: 'changed', fields: ['completed', 'name', 'notes'] },
  { resource_type: 'task', action: 'added' },
  { resource_type: 'task', action: 'undeleted' },
  { resource_type: 'story', resource_subtype: 'marked_complete', action: 'added' },
  { resource_type: 'story', resource_subtype: 'marked_incomplete', action: 'added' },
]

/** https://developer.atlassian.com/cloud/trello/guides/rest-api/webhooks/ */
export const trello: Steps = (
  place,
) => `1. ${takesSecret(place, 'https://trello.com/power-ups/admin → New → API key: it shows the key, the secret and a link for a token')}

2. ${knowsItsUrl(place)}

3. Make the webhook. BOARD is the id that the board's address shows with .json behind it:

${curl('https://api.trello.com/1/webhooks', {}, { key: 'KEY', token: 'TOKEN', callbackURL: place.url, idModel: 'BOARD' })}

4. Mark a card as complete whose name says chatroom_message/42.`

function knowsItsUrl({ publicUrl }: Place): string {
  return publicUrl === undefined
    ? 'Trello signs the URL, byte for byte: leave it as it stands.'
    : `Let the bridge know how it is called, because Trello signs that: PUBLIC_URL=${publicUrl}`
}

/** https://developer.clickup.com/reference/createwebhook */
export const clickup: Steps = (
  place,
) => `1. Make the webhook. TOKEN is from Settings → Apps → API Token, TEAM the number in the workspace's address:

${curl('https://api.clickup.com/api/v2/team/TEAM/webhook', { authorization: 'TOKEN' }, { endpoint: place.url, events: ['taskCreated', 'taskUpdated', 'taskStatusUpdated', 'taskTagUpdated', 'taskCommentPosted'] })}

2. ${takesSecret(place, 'The answer holds the secret')}

3. Write chatroom_message/42 in a comment of a task, and close it.`

/** https://developer.monday.com/api-reference/reference/webhooks */
export const monday: Steps = (
  place,
) => `1. ${takesSecret(place, 'Developers → Create app → Basic information shows the signing secret')}

2. Make two webhooks with the app's token, TOKEN. BOARD is the number in the board's address:

${curl('https://api.monday.com/v2', { authorization: 'TOKEN' }, { query: `mutation { ${mondayWebhook('status', 'change_status_column_value', place)} ${mondayWebhook('updates', 'create_update', place)} }` })}

3. Write chatroom_message/42 in an update of an item, and set its status to Done.`

function mondayWebhook(alias: string, event: string, { url }: Place): string {
  return `${alias}: create_webhook(board_id: BOARD, url: ${JSON.stringify(url)}, event: ${event}) { id }`
}

/** https://learn.microsoft.com/graph/api/subscription-post-subscriptions */
export const msgraph: Steps = ({
  url,
  secret,
}) => `1. Make the subscription. TOKEN needs Tasks.Read, LIST is the id of a To Do list; it ends after less than three days unless it is renewed:

${curl('https://graph.microsoft.com/v1.0/subscriptions', { authorization: 'Bearer TOKEN' }, { changeType: 'created,updated', notificationUrl: url, resource: '/me/todo/lists/LIST/tasks', clientState: secret, expirationDateTime: 'TIME' })}

2. Notifications carry ids only, so nothing is done by them yet.`
