declare module 'dynalite' {
  /** An HTTP server with DynamoDB's protocol. Times are ms that a table is in the making. */
  function dynalite(options: { createTableMs: number }): import('node:http').Server
  export = dynalite
}
