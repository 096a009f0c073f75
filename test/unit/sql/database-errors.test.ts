import { expect, it } from 'vitest'
import { asDatabaseError } from '../../../src/runtime/platform/sql/index.ts'

const URL = 'postgres://anna:secret@127.0.0.1:5432/agentctl'
const said = (code: string) => asDatabaseError(Object.assign(new Error(`said ${code}`), { code }), URL)

it.each([
  ['ECONNREFUSED', 'DATABASE_UNREACHABLE', 503],
  ['57P01', 'DATABASE_UNREACHABLE', 503],
  ['57014', 'DATABASE_UNREACHABLE', 503],
  ['55P03', 'DATABASE_UNREACHABLE', 503],
  ['28P01', 'DATABASE_REFUSED', 500],
])('%s of the driver is %s', (driver, code, status) => {
  expect(said(driver)).toMatchObject({ code, status, message: expect.stringContaining(`said ${driver}`) })
  expect(said(driver)?.message).not.toContain('secret')
})

it.each(['23505', '22P02', '40P01'])('%s is no trouble with the database', (driver) => {
  expect(said(driver)).toBeUndefined()
})
