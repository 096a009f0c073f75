import { describe, expect, it } from 'vitest'
import { databaseUrlOf } from '../../../src/runtime/platform/sql/url.ts'

describe('the URL of a database', () => {
  it('is none when none is named', () => {
    expect(databaseUrlOf({ dbPassword: 'p' })).toBeUndefined()
  })

  it.each([
    ['postgres://u@h/d', 'postgres://u:p%40%2F@h/d'],
    ['postgresql://u@h:1/d?sslmode=require', 'postgresql://u:p%40%2F@h:1/d?sslmode=require'],
    ['postgres://u:own@h/d', 'postgres://u:own@h/d'],
    [
      'postgres:///d?host=/run/postgresql&user=u',
      'postgres:///d?host=%2Frun%2Fpostgresql&user=u&password=p%40%2F',
    ],
  ])('gets the password that %s has not', (databaseUrl, expected) => {
    expect(databaseUrlOf({ databaseUrl, dbPassword: 'p@/' })).toBe(expected)
  })

  it.each(['', 'localhost:5432', 'mysql://u:secret@h/d', 'postgres://u:secret@h:port/d'])(
    'is refused as %j, without telling the password',
    (databaseUrl) => {
      const take = () => databaseUrlOf({ databaseUrl })
      expect(take).toThrow(expect.objectContaining({ code: 'DATABASE_URL_INVALID' }))
      expect(take).not.toThrow(/secret/)
    },
  )
})
