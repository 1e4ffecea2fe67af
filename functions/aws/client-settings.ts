/**
 * Settings of every AWS client. By default the SDK waits without a limit, and a request time-out only warns
 * (`NodeHttpHandlerOptions` of @smithy/types). The SDK retries throttling, time-outs and broken connections, with pauses.
 * `standard` because `adaptive` slows the whole client down after one throttled call.
 * @param options.requestTimeout ms for one try; all tries and pauses must fit into the time that a sender waits
 * @param options.maxAttempts tries of one request
 */
export function clientSettings({ requestTimeout = 3_000, maxAttempts = 3 } = {}) {
  return {
    maxAttempts,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: 1_000,
      requestTimeout,
      throwOnRequestTimeout: true,
      // The request time-out ends with the answer's headers; this one covers the body.
      socketTimeout: requestTimeout,
    },
  } as const
}
