import { fields, type Steps, takesSecret } from './place.ts'

/** Systems that have a page for webhooks. */

/** https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks */
export const github: Steps = ({
  url,
  secret,
}) => `1. The repository or organization → Settings → Webhooks → Add webhook:

${fields({ 'Payload URL': url, 'Content type': 'application/json', Secret: secret, Events: 'Let me select individual events: Issues, Pull requests' })}

2. Close an issue with the label chatroom-message:42, or one in which a member wrote chatroom_message/42.`

/** https://docs.gitlab.com/user/project/integrations/webhooks/ */
export const gitlab: Steps = ({ url, secret }) => `1. The project or group → Settings → Webhooks → Add new webhook:

${fields({ URL: url, 'Secret token': secret, Trigger: 'Issues events, Merge request events, Comments, Emoji events' })}

2. Close an issue. GitLab doesn't say who is a member, so link it first (npx chatroom-bridge links), or allow references by the option.`

/** https://support.atlassian.com/jira-cloud-administration/docs/manage-webhooks/ */
export const jira: Steps = ({ url, secret }) => `1. Settings → System → WebHooks → Create a WebHook:

${fields({ URL: url, Secret: secret, Events: 'Issue: created, updated. Comment: created, updated' })}

2. Finish an issue that says chatroom_message/42.`

/** https://linear.app/developers/webhooks */
export const linear: Steps = (place) => `1. Settings → API → Webhooks → New webhook:

${fields({ URL: place.url, 'Data change events': 'Issues, Comments, Reactions, Attachments' })}

2. ${takesSecret(place, 'Linear shows the signing secret')}

3. Complete an issue that says chatroom_message/42.`

/** https://developer.todoist.com/api/v1/#tag/Webhooks */
export const todoist: Steps = (
  place,
) => `1. https://developer.todoist.com/appconsole.html → Create a new app → Webhooks:

${fields({ 'Webhook callback URL': place.url, 'Watched events': 'item:added, item:updated, item:completed, item:uncompleted, note:added, note:updated' })}

2. ${takesSecret(place, 'The page shows the client secret')}

3. Authorize the app once with your own account (its OAuth): webhooks come for users who did.

4. Complete a task that says chatroom_message/42.`

/** https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook */
export const msteams: Steps = (place) => `1. Manage team → Apps → Create an outgoing webhook:

${fields({ 'Callback URL': place.url })}

2. ${takesSecret(place, 'Teams shows the security token')}

3. Say in SOURCES what people write: "commands": {"done": "task.done", "open": "task.reopened"}.`

/** https://docs.vereinsantrag.de/webhooks-9250495f0 */
export const vereinsantrag: Steps = (
  place,
) => `1. In its settings for webhooks, with the chat message's number behind the URL:

${fields({ URL: `${place.url}/42` })}

2. ${takesSecret(place, 'Its settings show the secret')}

3. Say in SOURCES what its events mean: "events": {"ApplicationAccepted": "task.done"}.`
