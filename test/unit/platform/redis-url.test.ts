import { describe, expect, it } from 'vitest'
import { asUnreachable, parseRedisUrl, redisUrlOf } from '../../../src/runtime/platform/redis/index.ts'

describe('parseRedisUrl', () => {
  const node = (host: string, port: number) => ({ host, port })

  it.each([
    ['redis://localhost', { mode: 'single', nodes: [node('localhost', 6379)], tls: false, db: 0 }],
    ['redis://h:6380/3', { mode: 'single', nodes: [node('h', 6380)], tls: false, db: 3 }],
    ['redis://h?db=2', { mode: 'single', nodes: [node('h', 6379)], tls: false, db: 2 }],
    ['rediss://h/', { mode: 'single', nodes: [node('h', 6379)], tls: true, db: 0 }],
    ['redis://[::1]:6380', { mode: 'single', nodes: [node('::1', 6380)], tls: false, db: 0 }],
    ['redis://[fe80::1]', { mode: 'single', nodes: [node('fe80::1', 6379)], tls: false, db: 0 }],
    [
      'redis://ann:se%40cret%3A@h',
      { mode: 'single', nodes: [node('h', 6379)], tls: false, db: 0, username: 'ann', password: 'se@cret:' },
    ],
    ['redis://:a:b@h', { mode: 'single', nodes: [node('h', 6379)], tls: false, db: 0, password: 'a:b' }],
    ['redis://ann@h', { mode: 'single', nodes: [node('h', 6379)], tls: false, db: 0, username: 'ann' }],
    [
      'redis+sentinel://:pw@a:1,b/main/4?sentinel_password=x',
      {
        mode: 'sentinel',
        nodes: [node('a', 1), node('b', 26_379)],
        tls: false,
        db: 4,
        master: 'main',
        password: 'pw',
        sentinelPassword: 'x',
      },
    ],
    [
      'rediss+cluster://a:7000,b:7001',
      { mode: 'cluster', nodes: [node('a', 7000), node('b', 7001)], tls: true, db: 0 },
    ],
    ['redis+cluster://a/0', { mode: 'cluster', nodes: [node('a', 6379)], tls: false, db: 0 }],
    [
      'rediss://h?tls_ca=/a%20b.pem&tls_cert=c.pem&tls_key=k.pem',
      {
        ...{ mode: 'single', nodes: [node('h', 6379)], tls: true, db: 0 },
        ...{ tlsCa: '/a b.pem', tlsCert: 'c.pem', tlsKey: 'k.pem' },
      },
    ],
    [
      'rediss+sentinel://a/main?tls_ca=a.pem',
      { mode: 'sentinel', nodes: [node('a', 26_379)], tls: true, db: 0, master: 'main', tlsCa: 'a.pem' },
    ],
    [
      'redis+unix:///run/redis.sock?db=1',
      { mode: 'single', nodes: [], path: '/run/redis.sock', tls: false, db: 1 },
    ],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target)
  })

  it.each([
    ['', 'not a Redis URL'],
    ['localhost:6379', 'not a Redis URL'],
    ['http://h', 'not a Redis URL'],
    ['redis+other://h', 'not a Redis URL'],
    ['redis:/h', 'not a Redis URL'],
    ['redis://u:p@ss@h', 'write @ as %40'],
    ['redis://:s3cret/xyz@h', 'write @ as %40'],
    ['redis://:100%@h', '% must be written as %25'],
    ['redis://h/%zz', '% must be written as %25'],
    ['redis+unix://', 'unix socket is written as'],
    ['redis+unix://host/p', 'unix socket is written as'],
    ['redis://', 'not HOST:PORT'],
    ['redis://:6379', 'not HOST:PORT'],
    ['redis://h:0', 'not HOST:PORT'],
    ['redis://h:65536', 'not HOST:PORT'],
    ['redis://h:port', 'not HOST:PORT'],
    ['redis://h:6379\n', 'not HOST:PORT'],
    ['redis://::1', 'not HOST:PORT'],
    ['redis://a,b', 'several hosts need'],
    ['redis://h/x', 'not a database number'],
    ['redis://h/-1', 'not a database number'],
    ['redis://h?tls_ca=a.pem', 'certificates need rediss://'],
    ['rediss://h?tls_cert=c.pem', 'tls_cert and tls_key go together'],
    ['redis://h/0#x', 'not a database number'],
    ['redis+cluster://a/1', 'only database 0'],
    ['redis+cluster://a,', 'not HOST:PORT'],
    ['redis+sentinel://a:1', 'name of the master is missing'],
    ['redis+sentinel://a:1/', 'name of the master is missing'],
    ['redis+sentinel://a:1/main/x', 'not a database number'],
  ])('refuses %j', (url, why) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ code: 'REDIS_URL_INVALID', message: expect.stringContaining(why) }),
    )
  })

  it.each([
    'redis://u:secret@h/x',
    'redis://u:sec@secret@h',
    'redis://:secret/secret@h',
    'redis+sentinel://a?sentinel_password=secret',
  ])('never repeats the password of %s in its complaint', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') }),
    )
  })
})

describe('redisUrlOf', () => {
  it('puts an IPv6 address in brackets', () => {
    expect(parseRedisUrl(redisUrlOf({ redisHost: '::1' })).nodes).toEqual([{ host: '::1', port: 6379 }])
  })

  it('prefers the URL to host and port', () => {
    expect(redisUrlOf({ redisUrl: 'redis://a', redisHost: 'b', redisPort: 1 })).toBe('redis://a')
  })

  it('fills in what is missing', () => {
    expect(redisUrlOf({})).toBe('redis://127.0.0.1:6379')
    expect(redisUrlOf({ redisHost: 'h' })).toBe('redis://h:6379')
    expect(redisUrlOf({ redisPort: 7000 })).toBe('redis://127.0.0.1:7000')
  })
})

describe('asUnreachable', () => {
  it.each([
    'Connection is closed.',
    'Reached the max retries per request limit (which is 3).',
    'Command timed out',
    'connect ECONNREFUSED 127.0.0.1:6379',
    'read ECONNRESET',
    'LOADING Redis is loading the dataset in memory',
    'CLUSTERDOWN The cluster is down',
    "Stream isn't writeable and enableOfflineQueue options is false",
  ])('knows %j as an absent Redis', (message) => {
    expect(asUnreachable(new Error(message))).toMatchObject({ code: 'REDIS_UNREACHABLE', status: 503 })
  })

  it.each([
    'WRONGPASS invalid username-password pair or user is disabled.',
    'NOAUTH Authentication required.',
    "NOPERM User agentctl-llm has no permissions to run the 'keys' command",
    "ERR The user executing the script can't run this command or subcommand script: 0602, on @user_script:1.",
  ])('knows %j as a refusal', (message) => {
    expect(asUnreachable(new Error(message))).toMatchObject({ code: 'REDIS_DENIED', kind: 'environment' })
  })

  it.each(['WRONGTYPE Operation against a key', 'ERR unknown command', 'x is not a function'])(
    'leaves %j alone',
    (message) => {
      expect(asUnreachable(new Error(message))).toBeUndefined()
    },
  )
})
