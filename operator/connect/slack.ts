import { type Steps, takesSecret } from './place.ts'

/** https://docs.slack.dev/reference/app-manifest */
export const slack: Steps = (place) => `1. https://api.slack.com/apps → Create New App → From a manifest → JSON:

${JSON.stringify(manifest(place.url), null, 2).replace(/^/gm, '     ')}

2. ${takesSecret(place, 'Basic Information shows the signing secret')}

3. Event Subscriptions → Request URL → Retry: Slack now finds the bridge. Then Install App.

4. Invite it into a channel (/invite @chatroom-bridge), post chatroom_message/42 there, and react to that.`

function manifest(url: string): object {
  return {
    display_information: { name: 'chatroom-bridge' },
    features: { bot_user: { display_name: 'chatroom-bridge' } },
    oauth_config: { scopes: { bot: ['channels:history', 'groups:history', 'reactions:read'] } },
    settings: {
      event_subscriptions: {
        request_url: url,
        bot_events: ['message.channels', 'message.groups', 'reaction_added', 'reaction_removed'],
      },
    },
  }
}
