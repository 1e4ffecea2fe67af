import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import tls from 'node:tls'
import { CannotRehearse } from './cannot-rehearse.ts'
import type { Commands } from './commands.ts'

/** Files of a certificate for this machine's own names, and its key. */
export type Certificate = { file: string; keyFile: string }

const names = 'IP:127.0.0.1,DNS:localhost,DNS:*.localhost,DNS:*.execute-api.localhost'

/**
 * Makes a certificate for one rehearsal, which this process and those that it starts trust from here on: the bridge calls its
 * ERP by https only, and its queues refuse whoever doesn't.
 */
export async function makeCertificate(folder: string, commands: Commands): Promise<Certificate> {
  const [file, keyFile] = [join(folder, 'certificate.pem'), join(folder, 'key.pem')]
  const key = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
  await commands
    .run(`openssl ${key} -keyout ${keyFile} -out ${file} -days 2 -subj /CN=rehearsal -addext subjectAltName=${names}`)
    .catch((cause) => {
      throw new CannotRehearse('openssl can’t make a certificate', { cause })
    })
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), readFileSync(file, 'utf8')])
  return { file, keyFile }
}
