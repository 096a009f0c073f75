import { describe, expect, it } from 'vitest'
import { warn } from '../../../src/runtime/doctor/check.ts'
import { aimed } from '../../../src/runtime/doctor/redis-cli.ts'

const fixOf = (...[fix, url, node]: [string, string, { name: string }?]) =>
  aimed([warn('', '', fix)], url, node)[0]?.fix ?? ''
const FIX = '`redis-cli SAVE`, then `redis-cli INFO memory`'

describe('a fix with redis-cli', () => {
  it.each([
    ['redis://127.0.0.1:6379', 'redis-cli'],
    ['redis://127.0.0.1:6380/2', 'redis-cli -p 6380 -n 2'],
    ['rediss://u:hidden@h', 'redis-cli -h h --tls --user u --askpass'],
    ['redis+unix:///a%20b.sock', 'redis-cli -s'],
    ['redis+cluster://h:1,h:2', 'redis-cli -h h -p 1 -c'],
    ['redis+sentinel://h:1/main', 'redis-cli'],
    ['nonsense', 'redis-cli'],
  ])('goes to the server that was looked at: %s', (url, command) => {
    const fix = fixOf(FIX, url)
    expect(fix).toContain(`\`${command} `)
    expect(fix.match(/redis-cli/g)).toHaveLength(2)
    expect(fix).not.toContain('hidden')
  })

  it('goes to the one server of a cluster that it is about', () => {
    expect(fixOf('`redis-cli SAVE`', 'redis+cluster://h:1', { name: 'other:2' })).toBe(
      '`redis-cli -h other -p 2 SAVE`',
    )
  })
})
