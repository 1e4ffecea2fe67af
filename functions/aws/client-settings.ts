/**
 * What every AWS client of the bridge is made with. The SDK's own default is to wait for ever, and to only warn when a request
 * time-out is over unless it is told to throw (`NodeHttpHandlerOptions` of @smithy/types). It does keep connections open.
 * Throttling, time-outs and broken connections are tried again, with pauses. `standard` and not `adaptive`: that one slows a
 * whole client down after one throttled call.
 * @param options.requestTimeout ms for one try; three of them and the pauses between must fit into what a sender waits
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
      // A request time-out ends with the answer's headers; this one holds for a body that stops coming.
      socketTimeout: requestTimeout,
    },
  } as const
}
