import type { Steps } from './place.ts'

/** Systems that send our own event, and what has steps of its own. */

/** Any system that can POST JSON. */
export const generic: Steps = ({
  url,
  secret,
}) => `1. POST our event to the URL, with the secret as a bearer token or to sign with:

     curl ${url} \\
       -H 'authorization: Bearer ${secret}' -H 'content-type: application/json' \\
       -d '{"id":"evt_1","type":"task.done","messageId":"42"}'

2. Zapier, Make, n8n: an HTTP step with that URL, header and JSON.`

/** https://www.standardwebhooks.com/ */
export const standardWebhooks: Steps = ({ name, url, secret, run }) => `1. In the sender:

     Endpoint URL     ${url}
     Signing secret   ${secret}

2. A sender that makes the secret itself shows it as whsec_…: ${run(`secrets add ${name} whsec_…`)}`

/** https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md */
export const cloudevents: Steps = ({
  url,
  secret,
}) => `1. In the sender, with the token as a header, or in the URL where it can set none:

     URL             ${url}
     Authorization   Bearer ${secret}
     or the URL      ${url}?access_token=${encodeURIComponent(secret)}`

/** https://developers.notion.com/reference/webhooks */
export const notion: Steps = ({
  name,
  url,
  run,
}) => `1. Let Notion teach the bridge its token, within ten minutes from now:

     ${run(`secrets learn ${name} --for 10m`)}

2. https://www.notion.so/my-integrations → the integration → Webhooks → Create a subscription, with the URL

     ${url}

3. Notion asks for the token that it has sent. This shows it:

     ${run(`secrets show ${name}`)}

4. Its events carry ids only, so nothing is done by them yet.`

/** A system whose steps nobody has written down. */
export const anyOther: Steps = ({ name, url, secret, run }) => `1. In its settings for webhooks:

     URL      ${url}
     Secret   ${secret}

2. Where it makes the secret itself: ${run(`secrets add ${name} SECRET`)}`
