import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWireClient, prepareRequest } from '../../../src/runtime/platform/wire/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'agentctl-wire-'))
const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
const trusted = getCACertificates('default')
let server: Server
let port: number

beforeAll(async () => {
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const files = ['-keyout', keyFile, '-out', certFile]
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject],
    {
      stdio: 'ignore',
    },
  )
  server = createServer({ key: readFileSync(keyFile), cert: readFileSync(certFile) }, (_request, response) =>
    response.end('x'.repeat(300_000)),
  )
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})

afterAll(async () => {
  setDefaultCACertificates(trusted)
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
  rmSync(folder, { recursive: true, force: true })
})

/** Asks twice over one connection; resolves with the bytes of both, or the cause. */
async function askTwice(host: string): Promise<number | string> {
  const origin = `https://${host}:${port}`
  const client = createWireClient({ origin, connections: 1 })
  const request = prepareRequest(origin, { path: '/' })
  let bytes = 0
  const askOnce = () =>
    new Promise<string | undefined>((ended) => {
      client.send(request, {
        onData(chunk) {
          bytes += chunk.length
        },
        onEnd: () => ended(undefined),
        onError: ended,
      })
    })
  const cause = (await askOnce()) ?? (await askOnce())
  await client.close()
  return cause ?? bytes
}

describe('over TLS', () => {
  it('the server must prove who it is', async () => {
    expect(await askTwice('localhost')).toBe('TLS: DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  it('answers are read as without it, for the name in the certificate only', async () => {
    setDefaultCACertificates([...trusted, readFileSync(certFile, 'utf8')])
    expect(await askTwice('localhost')).toBe(600_000)
    expect(await askTwice('127.0.0.1')).toBe('TLS: ERR_TLS_CERT_ALTNAME_INVALID')
  })
})
