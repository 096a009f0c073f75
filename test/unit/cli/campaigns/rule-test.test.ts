import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runRuleTest } from '../../../../src/cli/campaigns/rule-test-run.ts'
import { ruleTestText } from '../../../../src/cli/campaigns/rule-test-text.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-rules-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function file(name: string, content: unknown): string {
  const path = join(dir, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

const GOLD = {
  name: 'gold',
  conditions: {
    amount: { $gte: 100 },
    $or: [{ merchant_id: 'A' }, { 'data.tier': { $in: ['gold'] } }],
    user_id: { $not: { $eq: 'bob' } },
  },
  reward: { type: 'percent', percent: 5, most: 20 },
}
const EVENT = { event_id: 'e-1', amount: '150.00', data: { tier: 'gold' } }

describe('trying a rule', () => {
  it('tells field by field why it matches, and what it would earn', async () => {
    const tested = await runRuleTest(file('gold.json', GOLD), { event: [JSON.stringify(EVENT)] })
    expect(tested).toMatchObject({
      matched: true,
      results: [{ rule: 1, name: 'gold', event: 1, event_id: 'e-1', matched: true, earns: '7.50' }],
    })
    expect(ruleTestText(tested)).toBe(`✓ rule 1 "gold" matches event 1 (e-1) and earns 7.50 USD
  ✓ amount $gte 100: found 150
  ✓ $or
    ✗ merchant_id $eq "A": missing
    ✓ data.tier $in ["gold"]: found "gold"
  ✓ user_id $not
    ✗ user_id $eq "bob": missing`)
  })

  it('tells why it does not', async () => {
    const event = { amount: 99.5, user_id: 'bob', merchant_id: 'B\u001b[2J' }
    const tested = await runRuleTest(file('gold.json', GOLD), { event: [JSON.stringify(event)] })
    expect(tested.matched).toBe(false)
    expect(ruleTestText(tested)).toBe(`✗ rule 1 "gold" does not match event 1
  ✗ amount $gte 100: found 99.5
  ✗ $or
    ✗ merchant_id $eq "A": found "B\\u001b[2J"
    ✗ data.tier $in ["gold"]: missing
  ✗ user_id $not
    ✓ user_id $eq "bob": found "bob"`)
  })

  it('tells of elements of lists which one matched', async () => {
    const where = '{"data.items":{"$elemMatch":{"sku":"x","n":{"$gt":1}}}}'
    const event = '{"data":{"items":[{"sku":"x","n":1},{"sku":"x","n":2}]}}'
    const text = ruleTestText(await runRuleTest(undefined, { where, event: [event] }))
    const lines = text.split('\n').map((line) => line.trim())
    expect(lines).toContain('✗ n $gt 1: found 1')
    expect(lines).toContain('✓ n $gt 1: found 2')
  })

  it('of every event when it asks for nothing', async () => {
    const tested = await runRuleTest(undefined, { where: '{}', reward: '2.50', event: ['{}'] })
    expect(ruleTestText(tested)).toBe(
      '✓ rule 1 matches event 1 and earns 2.50 USD\n  ✓ no condition: every event',
    )
  })

  it('of every rule and every event of a campaign, or of one rule', async () => {
    const campaign = {
      name: 'Spring',
      currency: 'JPY',
      rules: [GOLD, { conditions: { amount: 1 } }],
      events: [EVENT, { amount: 1 }],
    }
    const path = file('campaign.json', campaign)
    const { matched, results } = await runRuleTest(path, {})
    expect(matched).toBe(false)
    expect(results.map(({ rule, event, matched: did, earns }) => [rule, event, did, earns])).toEqual([
      [1, 1, true, '8'],
      [2, 1, false, null],
      [1, 2, false, null],
      [2, 2, true, '0'],
    ])
    const second = await runRuleTest(path, { rule: 2, event: ['[{"amount":1},{"amount":1}]'] })
    expect(second).toMatchObject({ matched: true, results: [{ rule: 2 }, { rule: 2, event: 2 }] })
    expect(ruleTestText(second)).toMatch(/\n\n2 of 2 match\.$/)
  })

  it('takes events from files, one or many', async () => {
    const rule = file('rule.json', { conditions: { amount: { $gt: 1 } } })
    const cases: [string, number][] = [
      [file('one.json', '{\n "amount": 2\n}'), 1],
      [file('list.json', '[{"amount":2},{"amount":3}]'), 2],
      [file('lines.ndjson', '{"amount":2}\n\n{"amount":3}\n{"amount":4}\n'), 3],
    ]
    for (const [event, count] of cases)
      expect((await runRuleTest(rule, { event: [event] })).results).toHaveLength(count)
  })

  it('tells of a rule that takes too long that it cannot be told', async () => {
    const where = JSON.stringify({ $nor: Array.from({ length: 900 }, () => ({ 'data.n': { $gt: 1 } })) })
    const event = JSON.stringify({ data: { n: Array.from({ length: 2_000 }, () => 0) } })
    const tested = await runRuleTest(undefined, { where, event: [event] })
    expect(tested).toMatchObject({ matched: false, results: [{ error: { code: 'RULE_TOO_EXPENSIVE' } }] })
    expect(ruleTestText(tested)).toContain('cannot be told to match')
  })

  it('tells of a match whose explanation takes too long that it matches', async () => {
    const lists = Array.from({ length: 1_900 }, () => ({ 'data.n': { $gt: 1 } }))
    const where = JSON.stringify({ $or: [{ amount: 5 }, ...lists] })
    const event = JSON.stringify({ amount: 5, data: { n: Array.from({ length: 2_000 }, () => 0) } })
    const tested = await runRuleTest(undefined, { where, event: [event], reward: '2' })
    expect(tested).toMatchObject({
      matched: true,
      results: [{ matched: true, earns: '2', error: { code: 'RULE_TOO_EXPENSIVE' } }],
    })
    expect(ruleTestText(tested)).toContain('matches event 1 and earns 2 USD')
  })
})

describe('what cannot be tried is told', () => {
  const event = ['{}']

  it.each([
    ['{"conditions":{"amount":{"$gt3":1}}}', 'RULE_INVALID', '$gt3'],
    ['{"rules":[{"conditions":{}},{"conditions":{"$where":"1"}}]}', 'RULE_INVALID', 'rule 2: '],
    ['{"condition":{}}', 'CAMPAIGN_FILE_INVALID', 'a rule is an object with `conditions`'],
    ['{"rules":[]}', 'CAMPAIGN_FILE_INVALID', 'it holds no rules'],
    ['{"rules":[{"conditions":{}},{"conditions":[]}]}', 'CAMPAIGN_FILE_INVALID', 'rules[1].conditions'],
    ['{"conditions":{},"reward":{"type":"fixed","amount":-1}}', 'CAMPAIGN_FILE_INVALID', 'reward.amount'],
    ['{"conditions":{},"prio":1}', 'CAMPAIGN_FILE_INVALID', 'prio'],
    ['{', 'CAMPAIGN_FILE_INVALID', 'it is no JSON'],
    ['', 'CAMPAIGN_FILE_INVALID', 'it is empty'],
  ])('%s', async (content, code, why) => {
    await expect(runRuleTest(file('rule.json', content), { event })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(why),
    })
  })

  it('an event that is none', async () => {
    const rule = file('rule.json', { conditions: {} })
    const cases: [string[], string, string][] = [
      [[], 'CONFIG_INVALID', 'no event'],
      [['{"amout":1}'], 'CAMPAIGN_FILE_INVALID', 'amout'],
      [['[{},{"amount":"x"}]'], 'CAMPAIGN_FILE_INVALID', '[1].amount'],
      [['nowhere.json'], 'CAMPAIGN_FILE_INVALID', 'nowhere.json: it does not exist'],
      [[file('bad.ndjson', '{}\n{"a"\n')], 'CAMPAIGN_FILE_INVALID', 'bad.ndjson line 2: it is no JSON'],
    ]
    for (const [given, code, why] of cases) {
      await expect(runRuleTest(rule, { event: given })).rejects.toMatchObject({
        code,
        message: expect.stringContaining(why),
      })
    }
  })

  it('flags that do not go together', async () => {
    const rule = file('rule.json', { conditions: {} })
    await expect(runRuleTest(undefined, { event })).rejects.toThrow('--where')
    await expect(runRuleTest(rule, { where: '{}', event })).rejects.toThrow('--where')
    await expect(runRuleTest(rule, { rule: 2, event })).rejects.toThrow('--rule')
    await expect(runRuleTest(undefined, { where: '[]', event })).rejects.toThrow('--where')
    await expect(runRuleTest(undefined, { reward: '5%', event })).rejects.toThrow('--reward')
  })
})
