import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Campaign, RuleTest } from '../../../src/runtime/campaigns/index.ts'
import { startTestCampaigns, type TestCampaigns } from '../../support/campaigns.ts'
import { queryRows } from '../../support/storage-role.ts'

let service: TestCampaigns

beforeAll(async () => {
  service = await startTestCampaigns({ options: { processors: 0 } })
})
afterAll(() => service?.close())

const test = (body: unknown) => service.ask<RuleTest>('/rules/test', { body })

it('tries a condition: whether, why and how much', async () => {
  const { status, body } = await test({
    conditions: { merchant_id: 'M1', 'data.items.price': { $gte: 10 } },
    reward: { type: 'percent', percent: '2.5' },
    events: [
      { event_id: 'e1', merchant_id: 'M1', amount: '99.99', data: { items: [{ price: 3 }, { price: 12 }] } },
      { merchant_id: 'M2', amount: 5 },
    ],
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({
    kind: 'rule',
    rule_id: null,
    results: [
      {
        index: 0,
        event_id: 'e1',
        matched: true,
        earns: '2.50',
        currency: 'USD',
        explanation: { matched: true },
      },
      { index: 1, event_id: null, matched: false, earns: null },
    ],
  })
  const [, second] = body.kind === 'rule' ? body.results : []
  expect(JSON.stringify(second?.explanation)).toContain('"field":"merchant_id"')
  expect(JSON.stringify(second?.explanation)).toContain('"M2"')
})

it('tries a rule that exists, with its reward or another one', async () => {
  const campaign = await service.ask<Campaign>('/campaigns', {
    body: {
      name: 'draft',
      status: 'draft',
      currency: 'JPY',
      rules: [{ conditions: { user_id: 'u' }, reward: { type: 'percent', percent: 10 } }],
    },
  })
  const rule_id = campaign.body.rules[0]?.rule_id
  const event = { user_id: 'u', amount: 125 }
  expect((await test({ rule_id, event })).body).toMatchObject({
    rule_id,
    results: [{ matched: true, earns: '12', currency: 'JPY' }],
  })
  expect((await test({ rule_id, event, reward: { type: 'fixed', amount: 7 } })).body).toMatchObject({
    results: [{ earns: '7' }],
  })
  expect(await test({ rule_id: 999_999, event })).toMatchObject({
    status: 404,
    body: { code: 'CAMPAIGN_RULE_NOT_FOUND' },
  })
})

it('asks every active campaign, says why not, and writes nothing', async () => {
  const tag = { 'data.tag': 'dry' }
  const reward = { type: 'fixed', amount: 5 }
  const make = async (body: object) =>
    (
      await service.ask<Campaign>('/campaigns', {
        body: { name: 'dry', rules: [{ conditions: tag, reward }], ...body },
      })
    ).body
  const over = await make({ ends_at: '2020-01-01T00:00:00Z' })
  const poor = await make({ budget: 4 })
  const paying = await make({
    matching: 'stackable',
    rules: [
      { conditions: tag, reward },
      { conditions: {}, reward },
    ],
  })
  await make({ status: 'paused' })
  const { body } = await test({ event: { event_id: 'dry-1', user_id: 'u', data: { tag: 'dry' } } })
  expect(body).toMatchObject({
    kind: 'campaigns',
    results: [
      {
        event_id: 'dry-1',
        status: 'processed',
        reason: null,
        matched_rule_id: paying.rules[0]?.rule_id,
        campaigns: [
          {
            campaign_id: over.campaign_id,
            applies: false,
            why_not: expect.stringContaining('ended'),
            earns: '0.00',
          },
          {
            campaign_id: poor.campaign_id,
            applies: true,
            budget_exhausted: true,
            earns: '0.00',
            rules: [{ matched: true, paid: false }],
          },
          {
            campaign_id: paying.campaign_id,
            applies: true,
            why_not: null,
            earns: '10.00',
            rules: [{ paid: true }, { paid: true }],
          },
        ],
      },
    ],
  })
  expect(await queryRows(service.databaseUrl, 'SELECT * FROM events')).toEqual([])
  expect((await service.ask('/events/dry-1')).status).toBe(404)
})

it.each([
  [{ conditions: {} }, 400, 'HTTP_INVALID', 'body.event'],
  [{ conditions: {}, event: {}, events: [{}] }, 400, 'HTTP_INVALID', 'body.event'],
  [{ conditions: {}, rule_id: 1, event: {} }, 400, 'HTTP_INVALID', 'body.rule_id'],
  [{ reward: { type: 'fixed', amount: 1 }, event: {} }, 400, 'HTTP_INVALID', 'body.reward'],
  [{ conditions: {}, event: { amount: 'many' } }, 400, 'HTTP_INVALID', 'body.event.amount'],
  [{ conditions: { a: { $regexp: 'x' } }, event: {} }, 422, 'RULE_INVALID', 'conditions.a.$regexp'],
  [
    { conditions: {}, event: {}, currency: 'JPY', reward: { type: 'fixed', amount: 0.5 } },
    422,
    'CAMPAIGN_INVALID',
    'reward.amount',
  ],
])('refuses %j', async (body, status, code, field) => {
  expect(await test(body)).toMatchObject({ status, body: { code, field } })
})

it('refuses events that are too many or too large', async () => {
  expect(await test({ conditions: {}, events: Array(101).fill({}) })).toMatchObject({
    status: 400,
    body: { field: 'body.events' },
  })
  expect(await test({ conditions: {}, event: { data: { a: 'x'.repeat(70_000) } } })).toMatchObject({
    status: 422,
    body: { code: 'CAMPAIGN_EVENT_INVALID', field: 'data' },
  })
})

it('is not held up by a hostile rule', async () => {
  const { status, body } = await test({
    conditions: { 'data.text': { $regex: '(a+)+$' } },
    event: { data: { text: `${'a'.repeat(50_000)}!` } },
  })
  expect(status).toBe(200)
  expect(body).toMatchObject({ results: [{ matched: false }] })
})

it('refuses to bring too many rules and events together', async () => {
  const rules = Array.from({ length: 60 }, () => ({ conditions: { a: 1 } }))
  await service.ask('/campaigns', { body: { name: 'many', rules } })
  expect(await test({ events: Array(100).fill({}) })).toMatchObject({
    status: 422,
    body: { code: 'CAMPAIGN_EVENT_INVALID', field: 'events' },
  })
})
