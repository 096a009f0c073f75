import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An authority of its own, and what it signs; files in PEM in a folder of the test. */
export interface Authority {
  dir: string
  ca: string
  /** @param hosts as a certificate names them: `IP:127.0.0.1`, `DNS:localhost` */
  issue(name: string, hosts?: string): { cert: string; key: string }
  remove(): void
}

const RSA = ['-newkey', 'rsa:2048', '-nodes']

export function createAuthority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-certificates-'))
  const at = (file: string) => join(dir, file)
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore' })
  const [ca, caKey] = [at('ca.pem'), at('ca.key')]
  openssl('req', '-x509', ...RSA, '-days', '2', '-keyout', caKey, '-out', ca, '-subj', '/CN=Test authority')
  return {
    dir,
    ca,
    issue(name, hosts = 'IP:127.0.0.1,DNS:localhost') {
      const [cert, key, request, extra] = [
        at(`${name}.pem`),
        at(`${name}.key`),
        at(`${name}.csr`),
        at(`${name}.ext`),
      ]
      writeFileSync(extra, `subjectAltName=${hosts}\n`)
      openssl('req', ...RSA, '-keyout', key, '-out', request, '-subj', `/CN=${name}`)
      const signed = ['-CA', ca, '-CAkey', caKey, '-CAcreateserial', '-days', '2', '-extfile', extra]
      openssl('x509', '-req', '-in', request, ...signed, '-out', cert)
      return { cert, key }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}
