import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  type HttpServer,
  type HttpServerOptions,
  startHttpServer,
} from '../../../src/runtime/platform/http/index.ts'
import { renewCertificates, tlsOptionsOf } from '../../../src/runtime/platform/http/tls.ts'
import { createMetrics } from '../../../src/runtime/platform/metrics/index.ts'
import { type Authority, createAuthority } from '../../support/certificates.ts'
import { silent } from '../../support/redis.ts'

let authority: Authority
const servers: HttpServer[] = []

beforeAll(() => {
  authority = createAuthority()
})
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})
afterAll(() => authority?.remove())

async function serve(changes: Partial<HttpServerOptions> = {}): Promise<HttpServer> {
  const options = {
    ...{ title: 't', description: 'd', version: '0', host: '127.0.0.1', port: 0, bodyLimit: 1_000 },
    ...{ checks: {}, translate: () => undefined, metrics: createMetrics(), log: silent },
  }
  const server = await startHttpServer({ ...options, ...changes }, () => {})
  servers.push(server)
  return server
}

interface Asked {
  status: number
  body: string
}

/** One request on a connection of its own. */
function ask(url: string, options: object = {}): Promise<Asked> {
  const send = url.startsWith('https') ? secureRequest : plainRequest
  return new Promise((resolve, reject) => {
    send(url, { agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }))
    })
      .on('error', reject)
      .end()
  })
}

const forHost = (url: string, host: string) => ask(`${url}/health`, { headers: { host } })

describe('the name that a request is for', () => {
  it('an address or localhost, and no other where only this machine is meant', async () => {
    const { url } = await serve()
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:80', '192.168.1.9', 'gateway.localhost'])
      expect((await forHost(url, host)).status).toBe(200)
    for (const host of [
      'rebound.example',
      'rebound.example:8000',
      'localhost.example',
      '127.0.0.1.example',
    ]) {
      const { status, body } = await forHost(url, host)
      expect([host, status]).toEqual([host, 421])
      expect(JSON.parse(body)).toMatchObject({ code: 'HTTP_HOST', field: 'header.host' })
    }
  })

  it('names that were said count, too; a star stands for any', async () => {
    const { url } = await serve({ allowedHosts: ['gateway.example'] })
    expect((await forHost(url, 'gateway.example:8000')).status).toBe(200)
    expect((await forHost(url, 'GATEWAY.example')).status).toBe(200)
    expect((await forHost(url, 'other.example')).status).toBe(421)
    expect((await forHost((await serve({ allowedHosts: ['*'] })).url, 'other.example')).status).toBe(200)
    expect((await forHost((await serve({ allowedHosts: 'any' })).url, 'other.example')).status).toBe(200)
  })

  it('who listens beyond this machine does not know its names, unless they are said', async () => {
    expect((await forHost((await serve({ host: '0.0.0.0' })).url, 'gateway.example')).status).toBe(200)
    const { url } = await serve({ host: '0.0.0.0', allowedHosts: ['gateway.example'] })
    expect((await forHost(url, 'other.example')).status).toBe(421)
  })
})

describe('HTTPS', () => {
  it('is spoken with the certificate, in TLS 1.2 and newer', async () => {
    const { cert, key } = authority.issue('server')
    const { url } = await serve({ tls: { cert, key } })
    expect(url).toMatch(/^https:/)
    const ca = readFileSync(authority.ca)
    expect(await ask(`${url}/health`, { ca })).toMatchObject({ status: 200 })
    await expect(ask(`${url}/health`)).rejects.toThrow(/certificate/)
    await expect(ask(url.replace('https', 'http'))).rejects.toThrow()
    await expect(ask(`${url}/health`, { ca, maxVersion: 'TLSv1.1', minVersion: 'TLSv1' })).rejects.toThrow()
  })

  it('only clients with a certificate of the authority are let in, where one is given', async () => {
    const { cert, key } = authority.issue('server')
    const { url } = await serve({ tls: { cert, key, ca: authority.ca } })
    const ca = readFileSync(authority.ca)
    await expect(ask(`${url}/health`, { ca })).rejects.toThrow()
    const client = authority.issue('client')
    const shown = { cert: readFileSync(client.cert), key: readFileSync(client.key) }
    expect(await ask(`${url}/health`, { ca, ...shown })).toMatchObject({ status: 200 })
    const stranger = createAuthority()
    const foreign = stranger.issue('client')
    const other = { cert: readFileSync(foreign.cert), key: readFileSync(foreign.key) }
    await expect(ask(`${url}/health`, { ca, ...other })).rejects.toThrow()
    stranger.remove()
  })

  it('what cannot be used is said before anything listens', async () => {
    const { cert, key } = authority.issue('server')
    const other = authority.issue('other')
    await expect(serve({ tls: { cert: `${cert}.none`, key } })).rejects.toMatchObject({
      code: 'HTTP_TLS_INVALID',
    })
    await expect(serve({ tls: { cert, key: other.key } })).rejects.toMatchObject({ code: 'HTTP_TLS_INVALID' })
  })

  it('a certificate that was renewed is taken; one that cannot be used is not', async () => {
    const { createServer } = await import('node:https')
    const files = authority.issue('renewed')
    const server = createServer(tlsOptionsOf(files), (_, response) => response.end('ok'))
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
    const { port } = server.address() as { port: number }
    const renewal = renewCertificates({ files, server, log: silent, every: 20 })
    const before = await certificateOf(port)

    writeFileSync(`${files.key}.new`, 'no key')
    renameSync(`${files.key}.new`, files.key)
    expect(await certificateOf(port)).toBe(before)

    authority.issue('renewed')
    await expect.poll(() => certificateOf(port)).not.toBe(before)
    renewal.stop()
    await new Promise((closed) => server.close(closed))
  })
})

/** Fingerprint of what the server shows. */
function certificateOf(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      const { fingerprint256 }: PeerCertificate = socket.getPeerCertificate()
      socket.once('close', () => resolve(fingerprint256))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
