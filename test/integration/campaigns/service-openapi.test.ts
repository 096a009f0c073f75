import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { askService, startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'

const run = promisify(execFile)
const packages = fileURLToPath(new URL('../../../node_modules', import.meta.url))

/** What somebody would write who has nothing but the address of the service. */
const CLIENT = `
import createClient, { type Middleware } from 'openapi-fetch'
import type { components, paths } from './types.ts'

const [url = '', user = '', password = ''] = process.argv.slice(2)
const login: Middleware = {
  onRequest({ request }) {
    request.headers.set('authorization', \`Basic \${Buffer.from(\`\${user}:\${password}\`).toString('base64')}\`)
  },
}
const client = createClient<paths>({ baseUrl: url })
client.use(login)

type Campaign = components['schemas']['Campaign']
type Problem = components['schemas']['Problem']

const made = await client.POST('/campaigns', {
  params: { header: { 'idempotency-key': 'spring-2024' } },
  body: {
    name: 'Spring Sale 2024',
    rules: [{ conditions: { merchant_id: 'MERCHANT_001' }, reward: { type: 'percent', percent: 5 } }],
  },
})
if (made.error) throw new Error((made.error satisfies Problem).detail)
const campaign: Campaign = made.data

const batch = await client.POST('/events/batch', { body: { events: [{ event_id: 'other', amount: '1.00' }] } })
const registered = await client.POST('/events', {
  body: { event_id: 'order-1', merchant_id: 'MERCHANT_001', amount: 150.0 },
})
if (registered.error) throw new Error(registered.error.detail)
const event = await client.GET('/events/{event_id}', {
  params: { path: { event_id: registered.data.event_id }, query: { wait: 20_000 } },
})
const earnings = await client.GET('/earnings', { params: { query: { campaign_id: campaign.campaign_id } } })
const amount: string | undefined = earnings.data?.earnings[0]?.amount
const missing = await client.GET('/campaigns/{campaign_id}', { params: { path: { campaign_id: 999_999 } } })

// What is wrong is wrong to the compiler already.
// @ts-expect-error there is no such field
void campaign.merchant_id
// @ts-expect-error an amount is no boolean
void (() => client.POST('/events', { body: { amount: true } }))
// @ts-expect-error there is no such status
void (campaign.status === 'open')
// @ts-expect-error a reward is of a known type
void (() => client.POST('/campaigns/{campaign_id}/rules', { params: { path: { campaign_id: 1 } }, body: { conditions: {}, reward: { type: 'gift' } } }))

console.log(JSON.stringify({
  rule_id: campaign.rules[0]?.rule_id,
  registered: batch.data?.registered,
  matched: event.data?.matched_rule_id,
  status: event.data?.status,
  amount,
  total: earnings.data?.total,
  missing: missing.error?.code,
}))
`

const TSCONFIG = {
  compilerOptions: {
    ...{ strict: true, noEmit: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
    ...{ module: 'nodenext', target: 'es2024', allowImportingTsExtensions: true, types: ['node'] },
    ...{ verbatimModuleSyntax: true, erasableSyntaxOnly: true },
  },
  include: ['*.ts'],
}

let service: TestCampaigns
let folder: string

beforeAll(async () => {
  service = await startTestCampaigns({ options: { apiUsername: 'anna', apiPassword: 'of her own' } })
  folder = await mkdtemp(join(tmpdir(), 'agentctl-client-'))
  await symlink(packages, join(folder, 'node_modules'))
})
afterAll(async () => {
  await service?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

const tool = (path: string, ...args: string[]) =>
  run(process.execPath, [join(packages, path), ...args], { cwd: folder }).catch((error) => {
    throw new Error(`${error.stdout}\n${error.stderr}`)
  })

it('is enough for a generated client, which compiles and works', async () => {
  await tool('openapi-typescript/bin/cli.js', `${service.url}/openapi.json`, '-o', 'types.ts')
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'client.ts'), CLIENT)
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  await tool('typescript/bin/tsc', '-p', '.')
  const { stdout } = await run(process.execPath, ['client.ts', service.url, 'anna', 'of her own'], {
    cwd: folder,
  })
  const told = JSON.parse(stdout)
  expect(told).toEqual({
    ...{ rule_id: expect.any(Number), matched: told.rule_id, registered: 1, status: 'processed' },
    ...{ amount: '7.50', total: { USD: '7.50' }, missing: 'CAMPAIGN_NOT_FOUND' },
  })
  const types = await readFile(join(folder, 'types.ts'), 'utf8')
  // Only what rules and users decide is unknown: conditions, data, and the values of an explanation.
  const unknown = types.split('\n').filter((line) => line.includes('unknown'))
  expect(new Set(unknown.map((line) => line.trim()))).toEqual(
    new Set([
      '[key: string]: unknown;',
      '[name: string]: unknown;',
      'expected?: unknown;',
      'found?: unknown[];',
    ]),
  )
})

it('describes every route: a name, who may call it, what it answers and how it fails', async () => {
  interface Operation {
    operationId?: string
    security?: object[]
    requestBody?: object
    responses: Record<string, { content?: Record<string, { schema: object }> }>
  }
  interface Document {
    paths: Record<string, Record<string, Operation>>
    components: { securitySchemes: object; schemas: Record<string, object> }
  }
  const { body } = await askService<Document>(service.url, '/openapi.json')
  expect(body.components.securitySchemes).toEqual({ basic: { type: 'http', scheme: 'basic' } })
  const open = ['/health', '/ready', '/metrics']
  const operations = Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
  )
  expect(
    operations
      .map(({ path, method }) => `${method} ${path}`)
      .filter((route) => !open.some((path) => route.endsWith(path)))
      .sort(),
  ).toEqual([
    'delete /configuration/{name}',
    'get /campaigns',
    'get /campaigns/{campaign_id}',
    'get /configuration',
    'get /configuration/{name}',
    'get /earnings',
    'get /events/{event_id}',
    'patch /campaigns/{campaign_id}',
    'patch /campaigns/{campaign_id}/rules/{rule_id}',
    'post /campaigns',
    'post /campaigns/{campaign_id}/rules',
    'post /earnings/{earning_id}/reverse',
    'post /events',
    'post /events/batch',
    'post /rules/test',
    'put /configuration/{name}',
  ])
  const names = operations.map(({ operationId }) => operationId)
  expect(names).not.toContain(undefined)
  expect(new Set(names).size).toBe(names.length)
  for (const { path, method, security, requestBody, responses } of operations) {
    if (open.includes(path)) {
      expect(security).toBeUndefined()
      continue
    }
    const route = `${method} ${path}`
    expect(security, route).toEqual([{ basic: [] }])
    const failures = Object.entries(responses).filter(([status]) => Number(status) >= 400)
    expect(
      failures.map(([status]) => status),
      route,
    ).toEqual(expect.arrayContaining(['401', '503']))
    if (requestBody) expect(Object.keys(responses), route).toEqual(expect.arrayContaining(['400', '413']))
    for (const [status, { content }] of failures)
      expect(content, `${route} ${status}`).toEqual({
        'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
      })
  }
})

it('has its documentation at /docs', async () => {
  const { status, body } = await askService<string>(service.url, '/docs')
  expect(status).toBe(200)
  expect(body).toContain('swagger')
})
