import dns from 'node:dns'

/**
 * Names under localhost are this machine (RFC 6761, section 6.3), which not every machine's resolver knows; the emulator's
 * APIs have such names. Every program of a rehearsal loads this first.
 */
const { lookup } = dns
const here = (host: string) => (/(^|\.)localhost$/.test(host) ? '127.0.0.1' : host)
dns.lookup = ((host: string, ...rest: [never, never]) => lookup(here(host), ...rest)) as typeof lookup
