import { appendFileSync, chownSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { openDatabase } from '../../../src/runtime/platform/sql/index.ts'
import { createAuthority } from '../../support/certificates.ts'
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts'
import { eventually } from '../../support/program.ts'
import { silent } from '../../support/redis.ts'

const closer = createCloser()
const authority = closer.add(createAuthority(), (opened) => opened.remove())
const stranger = closer.add(createAuthority(), (opened) => opened.remove())
let server: TestPostgres

/** The files belong to whoever the server runs as, which may be another user. */
beforeAll(async () => {
  server = closer.add(await startTestPostgres(), (opened) => opened.close())
  const { cert, key } = authority.issue('postgres')
  const owner = statSync(server.dir)
  for (const [file, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const path = join(server.dir, name)
    writeFileSync(path, readFileSync(file), { mode: 0o600 })
    chownSync(path, owner.uid, owner.gid)
  }
  appendFileSync(join(server.dir, 'postgresql.conf'), '\nssl = on\n')
  process.kill(server.pid(), 'SIGHUP')
  await eventually(() => isEncrypted('verify-full', authority.ca).catch(() => false))
})
afterAll(() => closer.close())

/** Whether the connection is encrypted. */
async function isEncrypted(mode: string, ca: string): Promise<boolean> {
  const url = new URL(server.url)
  url.searchParams.set('sslmode', mode)
  url.searchParams.set('sslrootcert', ca)
  const database = openDatabase<{ pg_stat_ssl: { pid: number; ssl: boolean } }>({
    ...{ url: url.href, name: 'test', max: 1, log: silent },
  })
  try {
    await database.ping()
    const rows = await database.db.selectFrom('pg_stat_ssl').select(['ssl']).where('ssl', '=', true).execute()
    return rows.length > 0
  } finally {
    await database.close()
  }
}

it('verify-full takes a server that the authority has signed, and no other', async () => {
  expect(await isEncrypted('verify-full', authority.ca)).toBe(true)
  await expect(isEncrypted('verify-full', stranger.ca)).rejects.toThrow()
})
