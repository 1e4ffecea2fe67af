import { dirname } from 'node:path'

/** This process's environment, which every program that it starts gets too. */
export const environment = process.env

/** Forgets whatever this machine says of an AWS account, and of proxies on the way there. */
export function stayHere(): void {
  for (const name of Object.keys(environment)) if (/^AWS_|_proxy$/i.test(name)) delete environment[name]
}

/** Makes `node` the one that runs this: what Lambda functions run with, where a program starts them by that name. */
export function useThisNode(): void {
  environment['PATH'] = `${dirname(process.execPath)}:${environment['PATH'] ?? ''}`
}
