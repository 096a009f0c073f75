import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCampaigns } from '../../../src/runtime/campaigns/campaigns.ts'
import { options } from '../../../src/runtime/campaigns/options.ts'
import { askService, basic, startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { silent } from '../../support/redis.ts'
import { readableLog } from '../../support/storage-role.ts'

const PASSWORD = 'pässwörd✓:2'
let service: TestCampaigns
const { log, lines } = readableLog()

beforeAll(async () => {
  service = await startTestCampaigns({
    options: { processors: 0, apiUsername: 'jürgen', apiPassword: PASSWORD },
    log,
  })
})
afterAll(() => service?.close())

const ask = (path: string, authorization?: string) =>
  askService(service.url, path, authorization === undefined ? {} : { headers: { authorization } })

const PROTECTED: [method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', path: string][] = [
  ['GET', '/campaigns'],
  ['POST', '/campaigns'],
  ['GET', '/campaigns/1'],
  ['PATCH', '/campaigns/1'],
  ['POST', '/campaigns/1/rules'],
  ['PATCH', '/campaigns/1/rules/1'],
  ['POST', '/events'],
  ['POST', '/events/batch'],
  ['GET', '/events/e1'],
  ['GET', '/earnings'],
  ['POST', '/earnings/1/reverse'],
  ['POST', '/rules/test'],
  ['GET', '/configuration'],
  ['GET', '/configuration/a'],
  ['PUT', '/configuration/a'],
  ['DELETE', '/configuration/a'],
]

describe('HTTP Basic', () => {
  it.each(PROTECTED)('%s %s takes a user and a password', async (method, path) => {
    const { status, body, headers } = await askService(service.url, path, { method })
    expect({ status, body }).toMatchObject({ status: 401, body: { code: 'CAMPAIGNS_UNAUTHORIZED' } })
    expect(headers.get('www-authenticate')).toBe('Basic realm="agentctl campaigns", charset="UTF-8"')
    expect(headers.get('content-type')).toContain('application/problem+json')
  })

  it.each(['/health', '/ready', '/metrics', '/openapi.json', '/docs'])('%s is open', async (path) => {
    expect((await ask(path)).status).toBe(200)
  })

  it('lets in who knows both, in UTF-8', async () => {
    expect((await ask('/campaigns', basic('jürgen', PASSWORD))).status).toBe(200)
  })

  it.each([
    ['another user', basic('jurgen', PASSWORD)],
    ['another password', basic('jürgen', 'passwörd✓:2')],
    ['a longer password', basic('jürgen', `${PASSWORD} `)],
    ['no password', basic('jürgen', '')],
    ['nothing', basic('', '')],
    [
      'user and password in Latin-1',
      `Basic ${Buffer.from(`jürgen:${PASSWORD}`, 'latin1').toString('base64')}`,
    ],
    ['no colon', `Basic ${Buffer.from('jürgen').toString('base64')}`],
    ['no Base64', 'Basic ***'],
    ['another scheme', `Bearer ${Buffer.from(`jürgen:${PASSWORD}`).toString('base64')}`],
    ['a bare word', 'Basic'],
  ])('does not let in who sends %s', async (_, authorization) => {
    expect(await ask('/campaigns', authorization)).toMatchObject({
      status: 401,
      body: { code: 'CAMPAIGNS_UNAUTHORIZED', field: 'header.authorization' },
    })
  })

  it('refuses before it reads the body', async () => {
    const status = await new Promise((resolve, reject) => {
      const asking = request(new URL('/events/batch', service.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'content-length': 1_000_000 },
      })
      asking.once('response', (response) => {
        resolve(response.statusCode)
        asking.destroy()
      })
      asking.once('error', reject)
      asking.flushHeaders() // and no body ever comes
    })
    expect(status).toBe(401)
  })

  it('leaves unknown routes and methods to be told', async () => {
    expect((await ask('/nowhere')).body).toMatchObject({ code: 'HTTP_NOT_FOUND' })
    expect(await askService(service.url, '/campaigns', { method: 'DELETE' })).toMatchObject({
      status: 405,
      body: { code: 'HTTP_METHOD' },
    })
  })

  it('writes no password to the log', () => {
    expect(JSON.stringify(lines)).not.toContain('pässw')
  })
})

describe('a weak password', () => {
  const start = (more: object) => {
    const values = options.parse({
      port: 0,
      redisUrl: service.redis.url,
      databaseUrl: service.databaseUrl,
      processors: 0,
      ...more,
    })
    return startCampaigns(values, { log: silent, name: 'campaigns-2' })
  }
  it.each(['', 'your_password', 'admin', 'password', 'Password', 'operator'])(
    '%j is refused beyond this machine',
    async (apiPassword) => {
      const starting = start({ host: '0.0.0.0', apiUsername: 'operator', apiPassword })
      await expect(starting).rejects.toMatchObject({ code: 'CAMPAIGNS_PASSWORD_WEAK', exitCode: 2 })
    },
  )
  it('is good enough on this machine, which is said once', async () => {
    const own = readableLog()
    const local = await startTestCampaigns({
      ...{ redis: service.redis, databaseUrl: service.databaseUrl, log: own.log },
      options: { processors: 0 },
    })
    try {
      expect((await local.ask('/campaigns')).status).toBe(200)
      expect(own.lines.filter(({ msg }) => msg.includes('API_PASSWORD'))).toMatchObject([{ level: 30 }])
    } finally {
      await local.close()
    }
  })
  it('one of your own is enough for any address', async () => {
    const role = await start({ host: '0.0.0.0', apiPassword: 'c0rrect horse battery' })
    const ready = await askService(role.facts.url as string, '/health').finally(() => role.stop())
    expect(ready.status).toBe(200)
  })
})
