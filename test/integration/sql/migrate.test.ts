import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Migrations,
  migrateDatabase,
  openDatabase,
  sql,
} from '../../../src/runtime/platform/sql/index.ts'
import { createTestDatabase, type TestDatabase } from '../../support/postgres.ts'

const log = pino({ level: 'silent' })
let place: TestDatabase
beforeAll(async () => {
  place = await createTestDatabase()
})
afterAll(() => place.drop())

// Neither statement could be made twice.
const first: Migrations = {
  '001-things': { up: (db) => db.schema.createTable('things').addColumn('id', 'integer').execute() },
}
const second: Migrations = {
  ...first,
  '002-name': { up: (db) => db.schema.alterTable('things').addColumn('name', 'text').execute() },
}
const broken: Migrations = {
  ...second,
  '003-fine': { up: (db) => db.schema.alterTable('things').addColumn('size', 'integer').execute() },
  '004-broken': { up: (db) => db.schema.dropTable('nothing').execute() },
}
const elsewhere: Migrations = {
  '001-things': { up: (db) => db.schema.createTable('other_things').addColumn('id', 'integer').execute() },
}

async function migrate(room: string, migrations: Migrations): Promise<string[]> {
  const database = openDatabase({ url: place.url, name: 'test', max: 1, log })
  try {
    return await migrateDatabase(database.db, room, migrations)
  } finally {
    await database.close()
  }
}

describe('migrations', () => {
  it('are made once, by one of many that start together', async () => {
    const done = await Promise.all(Array.from({ length: 5 }, () => migrate('test', first)))
    expect(done.flat()).toEqual(['001-things'])
  })

  it('go on from where they were, and do nothing when there is nothing to do', async () => {
    expect(await migrate('test', second)).toEqual(['002-name'])
    expect(await migrate('test', second)).toEqual([])
  })

  it('of two rooms know nothing of each other', async () => {
    expect(await migrate('elsewhere', elsewhere)).toEqual(['001-things'])
  })

  it('that fail leave everything as it was', async () => {
    await expect(migrate('test', broken)).rejects.toThrow(/nothing/)
    const database = openDatabase({ url: place.url, name: 'test', max: 1, log })
    const { rows } =
      await sql`SELECT column_name FROM information_schema.columns WHERE table_name = 'things' ORDER BY 1`.execute(
        database.db,
      )
    await database.close()
    expect(rows).toEqual([{ column_name: 'id' }, { column_name: 'name' }])
  })
})
