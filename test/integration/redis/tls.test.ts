import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCloser, folders } from '../../../src/runtime/kernel/index.ts'
import { freePort, spawnGuarded } from '../../../src/runtime/platform/process/index.ts'
import {
  connectRedis,
  disconnectRedis,
  findRedisServer,
  waitForRedis,
} from '../../../src/runtime/platform/redis/index.ts'
import { createAuthority } from '../../support/certificates.ts'
import { silent } from '../../support/redis.ts'

const closer = createCloser()
const authority = closer.add(createAuthority(), (opened) => opened.remove())
const stranger = closer.add(createAuthority(), (opened) => opened.remove())
let address: string

/** A server that speaks TLS only, and wants a certificate from whoever comes. */
beforeAll(async () => {
  const program = await findRedisServer({ cache: folders().cache, say: () => {} })
  const dir = closer.add(mkdtempSync(join(tmpdir(), 'agentctl-tls-')), (made) =>
    rmSync(made, { recursive: true }),
  )
  const port = await freePort()
  const { cert, key } = authority.issue('redis')
  const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', authority.ca]
  const settings = [
    '--port',
    '0',
    '--tls-port',
    String(port),
    '--dir',
    dir,
    '--save',
    '',
    '--bind',
    '127.0.0.1',
  ]
  const server = spawnGuarded(
    program.server,
    [...settings, ...files, '--tls-auth-clients', 'yes'],
    program.env,
  )
  closer.add(server, async () => {
    server.kill()
    await server.exited
  })
  address = `rediss://127.0.0.1:${port}`
  expect(await answer(urlFor(authority.ca))).toBe('PONG')
})
afterAll(() => closer.close())

function urlFor(ca: string, from = authority): string {
  const { cert, key } = from.issue('client')
  return `${address}?${new URLSearchParams({ tls_ca: ca, tls_cert: cert, tls_key: key })}`
}

async function answer(url: string, patience = 20_000): Promise<string> {
  const redis = connectRedis({ url, purpose: 'request', name: 'test', log: silent })
  try {
    await waitForRedis(redis, url, patience)
    return await redis.ping()
  } finally {
    await disconnectRedis(redis)
  }
}

it('is reached with the authority and the certificate that the URL names', async () => {
  expect(await answer(urlFor(authority.ca))).toBe('PONG')
})

it('is not reached without a certificate, with that of a stranger, or with an authority that has not signed it', async () => {
  const unreachable = { code: 'REDIS_UNREACHABLE' }
  await expect(answer(`${address}?tls_ca=${authority.ca}`, 1_000)).rejects.toMatchObject(unreachable)
  await expect(answer(urlFor(authority.ca, stranger), 1_000)).rejects.toMatchObject(unreachable)
  await expect(answer(urlFor(stranger.ca), 1_000)).rejects.toMatchObject(unreachable)
})

it('a file that is not there is named at once', async () => {
  await expect(answer(`${address}?tls_ca=/nowhere.pem`)).rejects.toMatchObject({
    code: 'REDIS_URL_INVALID',
    message: expect.stringContaining('tls_ca=/nowhere.pem'),
  })
})
