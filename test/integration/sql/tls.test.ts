import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCloser } from '../../../src/runtime/kernel/index.ts'
import { openDatabase } from '../../../src/runtime/platform/sql/index.ts'
import { createAuthority } from '../../support/certificates.ts'
import { execute, startTestPostgres, type TestPostgres } from '../../support/postgres.ts'
import { silent } from '../../support/redis.ts'

const closer = createCloser()
const authority = closer.add(createAuthority(), (opened) => opened.remove())
const stranger = closer.add(createAuthority(), (opened) => opened.remove())
let server: TestPostgres

/** The server itself writes its certificate, as it may be another user. */
beforeAll(async () => {
  server = closer.add(await startTestPostgres(), (opened) => opened.close())
  const { cert, key } = authority.issue('postgres')
  for (const [file, name] of [
    [cert, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const lines = `string_to_array('${readFileSync(file, 'utf8').trimEnd()}', E'\\n')`
    await execute(server.url, `COPY (SELECT unnest(${lines})) TO PROGRAM 'umask 077; cat > ${name}'`)
  }
  await execute(server.url, 'ALTER SYSTEM SET ssl = on')
  await execute(server.url, 'SELECT pg_reload_conf()')
  await expect.poll(() => isEncrypted('verify-full', authority.ca)).toBe(true)
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
