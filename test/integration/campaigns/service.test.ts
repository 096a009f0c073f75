import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Campaign, CampaignEntry, Rule } from '../../../src/runtime/campaigns/index.ts'
import { startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { queryRows } from '../../support/storage-role.ts'

let service: TestCampaigns

beforeAll(async () => {
  service = await startTestCampaigns({ options: { processors: 0, bodyLimit: 1_000_000 } })
})
afterAll(() => service?.close())

const make = async (body: object = {}) =>
  (await service.ask<Campaign>('/campaigns', { body: { name: 'Spring Sale 2024', ...body } })).body
const patch = <T = Campaign>(path: string, body: unknown) => service.ask<T>(path, { method: 'PATCH', body })
const problem = (status: number, code: string, field?: string) => ({
  status,
  body: { status, code, ...(field === undefined ? {} : { field }) },
})
const version = async () =>
  Number(
    (await queryRows<{ version: number }>(service.databaseUrl, 'SELECT version FROM campaign_rule_set'))[0]
      ?.version,
  )

describe('POST /campaigns', () => {
  it('makes one with what is given and the rest as usual', async () => {
    const { status, body } = await service.ask<Campaign>('/campaigns', {
      body: {
        name: 'Spring Sale 2024',
        starts_at: '2026-03-01T01:00:00+01:00',
        budget: 1000.5,
        rules: [
          { name: 'low', conditions: { amount: { $gt: 1 } } },
          {
            name: 'high',
            conditions: { merchant_id: 'MERCHANT_001' },
            priority: 10,
            reward: { type: 'percent', percent: 5, most: '20.00' },
          },
          { name: 'low too', conditions: {}, active: false },
        ],
      },
    })
    expect(status).toBe(201)
    expect(body).toMatchObject({
      campaign_id: expect.any(Number),
      name: 'Spring Sale 2024',
      description: null,
      description_source: null,
      status: 'active',
      starts_at: '2026-03-01T00:00:00.000Z',
      ends_at: null,
      matching: 'first_match',
      currency: 'USD',
      budget: '1000.5',
      budget_per_user: null,
      spent: '0',
    })
    expect(body.rules.map(({ name }) => name)).toEqual(['high', 'low', 'low too'])
    expect(body.rules[0]).toMatchObject({
      campaign_id: body.campaign_id,
      reward: { type: 'percent', percent: '5', most: '20.00' },
      priority: 10,
      active: true,
    })
    expect(body.rules[1]).toMatchObject({ reward: { type: 'fixed', amount: '0' }, priority: 0 })
    expect((await service.ask(`/campaigns/${body.campaign_id}`)).body).toEqual(body)
  })

  it.each([
    [{}, 'body.name'],
    [{ name: '  ' }, 'body.name'],
    [{ name: 'x', surprise: 1 }, 'body.surprise'],
    [{ name: 'x', budget: -1 }, 'body.budget'],
    [{ name: 'x', budget: '12,50' }, 'body.budget'],
    [{ name: 'x', budget: 1e21 }, 'body.budget'],
    [{ name: 'x', currency: 'dollars' }, 'body.currency'],
    [{ name: 'x', starts_at: 'tomorrow' }, 'body.starts_at'],
    [{ name: 'x', ends_at: '0000-01-01T00:00:00Z' }, 'body.ends_at'],
    [{ name: 'x', ends_at: '9999-12-31T23:00:00-05:00' }, 'body.ends_at'],
    [{ name: 'x', status: 'open' }, 'body.status'],
    [{ name: 'a\0b' }, 'body.name'],
    [{ name: 'a\ud800b' }, 'body.name'],
    [{ name: 'x', description: '\udc00' }, 'body.description'],
    [{ name: 'x', rules: [{ conditions: {} }, { conditions: [] }] }, 'body.rules.1.conditions'],
    [{ name: 'x', rules: [{}] }, 'body.rules.0.conditions'],
    [{ name: 'x', rules: [{ conditions: {}, priority: 1.5 }] }, 'body.rules.0.priority'],
    [
      { name: 'x', rules: [{ conditions: {}, reward: { type: 'percent', percent: 2000 } }] },
      'body.rules.0.reward.percent',
    ],
  ])('refuses %j by the field', async (body, field) => {
    expect(await service.ask('/campaigns', { body })).toMatchObject(problem(400, 'HTTP_INVALID', field))
  })

  it.each([
    [{ starts_at: '2026-03-02T00:00:00Z', ends_at: '2026-03-01T00:00:00Z' }, 'CAMPAIGN_INVALID', 'ends_at'],
    [
      { currency: 'JPY', rules: [{ conditions: {}, reward: { type: 'fixed', amount: '0.5' } }] },
      'CAMPAIGN_INVALID',
      'rules[0].reward.amount',
    ],
    [{ rules: [{ conditions: { amount: { $gt3: 1 } } }] }, 'RULE_INVALID', 'rules[0].conditions.amount.$gt3'],
    [{ rules: [{ conditions: { $where: 'process.exit()' } }] }, 'RULE_INVALID', 'rules[0].conditions.$where'],
  ])('refuses %j, which can be read and makes no sense', async (body, code, field) => {
    const before = await queryRows(service.databaseUrl, 'SELECT count(*)::int AS n FROM campaigns')
    expect(await service.ask('/campaigns', { body: { name: 'x', ...body } })).toMatchObject(
      problem(422, code, field),
    )
    expect(await queryRows(service.databaseUrl, 'SELECT count(*)::int AS n FROM campaigns')).toEqual(before)
  })

  it('refuses more rules than a campaign is made with', async () => {
    const rules = Array(201).fill({ conditions: {} })
    expect(await service.ask('/campaigns', { body: { name: 'x', rules } })).toMatchObject(
      problem(400, 'HTTP_INVALID', 'body.rules'),
    )
  })

  it('refuses what is no JSON, poisoned JSON and too much of it', async () => {
    const send = (body: string, type = 'application/json') =>
      service.ask('/campaigns', { body, headers: { 'content-type': type } })
    expect(await send('{"name": ')).toMatchObject(problem(400, 'HTTP_INVALID', 'body'))
    expect(await send('{"name":"x","rules":[{"conditions":{"__proto__":{"a":1}}}]}')).toMatchObject(
      problem(400, 'HTTP_INVALID', 'body'),
    )
    expect(await send('name: x', 'text/yaml')).toMatchObject(problem(415, 'HTTP_MEDIA_TYPE'))
    expect(await send(`{"name":"${'x'.repeat(1_100_000)}"}`)).toMatchObject(
      problem(413, 'HTTP_BODY_TOO_LARGE', 'body'),
    )
  })

  it('makes one campaign of 20 equal requests at once', async () => {
    const before = await version()
    const body = { name: 'once', rules: [{ conditions: { amount: 1 } }, { conditions: {} }] }
    const headers = { 'idempotency-key': 'key-1' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.ask<Campaign>('/campaigns', { body, headers })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201])
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1)
    expect(answers[0]?.body.rules).toHaveLength(2)
    expect(await version()).toBe(before + 1)
    const other = await service.ask('/campaigns', { body: { ...body, name: 'another' }, headers })
    expect(other).toMatchObject(problem(409, 'CAMPAIGN_CONFLICT', 'header.idempotency-key'))
    expect(
      await service.ask('/campaigns', { body, headers: { 'idempotency-key': 'x'.repeat(257) } }),
    ).toMatchObject(problem(400, 'HTTP_INVALID', 'header.idempotency-key'))
  })

  it('remembers who wrote the description', async () => {
    expect(await make({ description: 'mine' })).toMatchObject({ description_source: 'user' })
    const written = await make({ description: 'its', description_source: 'llm' })
    expect(written).toMatchObject({ description: 'its', description_source: 'llm' })
    const { body } = await patch(`/campaigns/${written.campaign_id}`, { description: 'mine now' })
    expect(body).toMatchObject({ description: 'mine now', description_source: 'user' })
    expect((await patch(`/campaigns/${written.campaign_id}`, { description: null })).body).toMatchObject({
      description: null,
      description_source: null,
    })
  })
})

describe('GET /campaigns', () => {
  it('lists the newest first, page by page, by status', async () => {
    const made: number[] = []
    for (let i = 0; i < 5; i++) made.push((await make({ name: `listed ${i}`, status: 'paused' })).campaign_id)
    type List = { campaigns: CampaignEntry[]; next?: string }
    const found: number[] = []
    let after = ''
    for (let pages = 0; pages < 3; pages++) {
      const { body } = await service.ask<List>(`/campaigns?status=paused&limit=2${after}`)
      found.push(...body.campaigns.map(({ campaign_id }) => campaign_id))
      expect(body.campaigns[0]).not.toHaveProperty('rules')
      expect(body.next === undefined).toBe(pages === 2)
      after = `&after=${body.next}`
    }
    expect(found).toEqual(made.reverse())
    expect((await service.ask<List>('/campaigns?status=ended')).body).toEqual({ campaigns: [] })
  })
  it.each([
    'limit=0',
    'limit=501',
    'limit=x',
    'after=x',
    'after=-1',
    'after=0x10',
    'limit=1e1',
    'limit=',
    'status=open',
    'page=2',
  ])('refuses ?%s', async (query) => {
    expect(await service.ask(`/campaigns?${query}`)).toMatchObject(
      problem(400, 'HTTP_INVALID', `query.${query.split('=')[0]}`),
    )
  })
  it('knows no campaign that is not there', async () => {
    expect(await service.ask('/campaigns/999999')).toMatchObject(problem(404, 'CAMPAIGN_NOT_FOUND'))
    for (const id of ['abc', '0', '1.5', '99999999999999999999', '0x1', '1e0', '%201', '+1', '1.0'])
      expect(await service.ask(`/campaigns/${id}`)).toMatchObject(
        problem(400, 'HTTP_INVALID', 'path.campaign_id'),
      )
  })
})

describe('PATCH /campaigns/{campaign_id}', () => {
  it('changes what is named, and nothing else', async () => {
    const before = await make({ ends_at: '2027-01-01T00:00:00Z', budget: '10', rules: [{ conditions: {} }] })
    const path = `/campaigns/${before.campaign_id}`
    const { status, body } = await patch(path, { status: 'paused', budget: null, budget_per_user: 3 })
    expect(status).toBe(200)
    expect(body).toEqual({
      ...before,
      status: 'paused',
      budget: null,
      budget_per_user: '3',
      updated_at: body.updated_at,
    })
    expect(Date.parse(body.updated_at)).toBeGreaterThan(Date.parse(before.updated_at))
  })
  it.each([
    [{}, 400, 'HTTP_INVALID', 'body'],
    [{ currency: 'EUR' }, 400, 'HTTP_INVALID', 'body.currency'],
    [{ spent: 0 }, 400, 'HTTP_INVALID', 'body.spent'],
    [{ name: null }, 400, 'HTTP_INVALID', 'body.name'],
    [{ ends_at: '2026-01-01T00:00:00Z' }, 422, 'CAMPAIGN_INVALID', 'ends_at'],
    [{ budget: '5.99' }, 409, 'CAMPAIGN_BUDGET_SPENT', 'budget'],
  ])('refuses %j', async (change, status, code, field) => {
    const { campaign_id } = await make({ starts_at: '2026-02-01T00:00:00Z' })
    await queryRows(service.databaseUrl, `UPDATE campaigns SET spent = 6 WHERE campaign_id = ${campaign_id}`)
    expect(await patch(`/campaigns/${campaign_id}`, change)).toMatchObject(problem(status, code, field))
  })
  it('keeps both of two changes at once, and one of two to the same', async () => {
    const { campaign_id } = await make()
    const path = `/campaigns/${campaign_id}`
    const names = Array.from({ length: 10 }, (_, i) => ({ name: `n${i}` }))
    const before = await version()
    const answers = await Promise.all(
      [...names, { budget: '7' }, { matching: 'stackable' }].map((each) => patch(path, each)),
    )
    expect(answers.map(({ status }) => status)).toEqual(Array(12).fill(200))
    expect((await service.ask<Campaign>(path)).body).toMatchObject({
      name: expect.stringMatching(/^n\d$/),
      budget: '7',
      matching: 'stackable',
    })
    expect(await version()).toBe(before + 12)
  })
  it('cannot put the end before a start that is set at the same time', async () => {
    const { campaign_id } = await make()
    const path = `/campaigns/${campaign_id}`
    const answers = await Promise.all([
      patch(path, { starts_at: '2026-06-01T00:00:00Z' }),
      patch(path, { ends_at: '2026-05-01T00:00:00Z' }),
    ])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422])
  })
  it('knows no campaign that is not there', async () => {
    expect(await patch('/campaigns/999999', { name: 'x' })).toMatchObject(problem(404, 'CAMPAIGN_NOT_FOUND'))
  })
})

describe('rules of a campaign', () => {
  it('are added, once under a key, and changed', async () => {
    const { campaign_id } = await make()
    const path = `/campaigns/${campaign_id}/rules`
    const body = { conditions: { 'data.items': { $size: 2 } }, reward: { type: 'fixed', amount: '5.00' } }
    const headers = { 'idempotency-key': 'rule-1' }
    const before = await version()
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.ask<Rule>(path, { body, headers })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201])
    const rule = answers[0]?.body as Rule
    expect(new Set(answers.map(({ body }) => body.rule_id))).toEqual(new Set([rule.rule_id]))
    expect(rule).toMatchObject({ ...body, campaign_id, name: null, priority: 0, active: true })
    expect(await version()).toBe(before + 1)
    expect(await service.ask(path, { body: { ...body, priority: 1 }, headers })).toMatchObject(
      problem(409, 'CAMPAIGN_CONFLICT'),
    )
    // A key is the campaign's own.
    const other = await make()
    expect((await service.ask(`/campaigns/${other.campaign_id}/rules`, { body, headers })).status).toBe(201)

    const changed = await patch<Rule>(`${path}/${rule.rule_id}`, { active: false, name: 'off' })
    expect(changed).toMatchObject({ status: 200, body: { ...body, active: false, name: 'off' } })
    expect(await version()).toBe(before + 4)
    expect((await service.ask<Campaign>(`/campaigns/${campaign_id}`)).body.rules).toEqual([changed.body])
  })

  it.each([
    [{}, 400, 'HTTP_INVALID', 'body.conditions'],
    [{ conditions: { amount: { $gt: 1, $lt3: 2 } } }, 422, 'RULE_INVALID', 'conditions.amount.$lt3'],
    [{ conditions: { name: { $regex: '(' } } }, 422, 'RULE_INVALID', 'conditions.name.$regex'],
    [
      { conditions: {}, reward: { type: 'fixed', amount: '1.005' } },
      422,
      'CAMPAIGN_INVALID',
      'reward.amount',
    ],
  ])('are refused: %j', async (body, status, code, field) => {
    const { campaign_id } = await make()
    const path = `/campaigns/${campaign_id}/rules`
    expect(await service.ask(path, { body })).toMatchObject(problem(status, code, field))
    const rule = (await service.ask<Rule>(path, { body: { conditions: {} } })).body
    if (Object.keys(body).length > 0)
      expect(await patch(`${path}/${rule.rule_id}`, body)).toMatchObject(problem(status, code, field))
  })

  it('a thousand deep are refused, and the service goes on', async () => {
    const { campaign_id } = await make()
    const conditions = `${'{"$and":['.repeat(2_000)}{"a":1}${']}'.repeat(2_000)}`
    expect(
      await service.ask(`/campaigns/${campaign_id}/rules`, { body: `{"conditions":${conditions}}` }),
    ).toMatchObject(problem(422, 'RULE_TOO_LARGE'))
  })

  it('belong to their campaign', async () => {
    const [one, two] = [await make({ rules: [{ conditions: {} }] }), await make()]
    const rule = one.rules[0]?.rule_id
    expect(await patch(`/campaigns/${two.campaign_id}/rules/${rule}`, { active: false })).toMatchObject(
      problem(404, 'CAMPAIGN_RULE_NOT_FOUND'),
    )
    expect(await patch(`/campaigns/999999/rules/${rule}`, { active: false })).toMatchObject(
      problem(404, 'CAMPAIGN_NOT_FOUND'),
    )
    expect(await service.ask('/campaigns/999999/rules', { body: { conditions: {} } })).toMatchObject(
      problem(404, 'CAMPAIGN_NOT_FOUND'),
    )
    expect(await patch(`/campaigns/${one.campaign_id}/rules/${rule}`, {})).toMatchObject(
      problem(400, 'HTTP_INVALID', 'body'),
    )
  })
})
