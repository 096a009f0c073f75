import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ImportReport } from '../../src/cli/campaigns/import/report.ts'
import type { Campaign, CampaignEvent, Earning, Rule } from '../../src/runtime/campaigns/index.ts'
import type { Problem } from '../../src/runtime/kernel/index.ts'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import { agentctl, bin, eventually, startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  serve = await startServe(place, '--ephemeral', '--roles', 'campaigns=1')
})
afterAll(async () => {
  await serve?.stop()
  place.remove()
})

const lines = (text: string) => text.split('\n').filter(Boolean)
const cells = (line: string | undefined) => (line ?? '').trim().split(/ {2,}/)

/** Runs a command that is expected to succeed. */
async function output(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await agentctl(place, 'campaign', ...args)
  expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  return stdout
}

async function json<T>(...args: string[]): Promise<T> {
  return JSON.parse(await output(...args, '--json')) as T
}

async function imported(...args: string[]): Promise<{ exitCode: number | undefined; report: ImportReport }> {
  const { exitCode, stdout } = await agentctl(place, 'campaign', 'events', 'import', ...args, '--json')
  return { exitCode, report: JSON.parse(stdout) as ImportReport }
}

function file(name: string, content: string | object): string {
  writeFileSync(join(place.dir, name), typeof content === 'string' ? content : JSON.stringify(content))
  return name
}

interface Listed {
  earnings: Earning[]
  total: Record<string, string>
  more: boolean
}
const earnings = (...args: string[]) => json<Listed>('earnings', ...args)
const show = (id: number) => json<Campaign>('show', String(id))

let spring: Campaign

describe('a campaign', () => {
  it('is made with rules of a file and of the command line', async () => {
    const gold = {
      name: 'gold',
      conditions: { merchant_id: 'M1', 'data.tier': 'gold' },
      priority: 10,
      reward: { type: 'percent', percent: 10, most: '5.00' },
    }
    const more = ['--where', '{"merchant_id":"M1"}', '--reward', '1.50', '--currency', 'EUR']
    const terms = ['--budget', '100000', '--starts', '2026-01-01', '--key', 'spring-1']
    const args = ['create', 'Spring Sale', '--rule', file('gold.json', gold), ...more, ...terms]
    spring = await json<Campaign>(...args)
    expect(spring).toMatchObject({
      ...{ name: 'Spring Sale', status: 'active', currency: 'EUR', budget: '100000', spent: '0' },
      starts_at: '2026-01-01T00:00:00.000Z',
      rules: [
        { name: 'gold', priority: 10, reward: { type: 'percent', percent: '10', most: '5.00' } },
        { name: null, conditions: { merchant_id: 'M1' }, reward: { type: 'fixed', amount: '1.50' } },
      ],
    })
    expect((await json<Campaign>(...args)).campaign_id).toBe(spring.campaign_id)
  })

  it('is shown, and listed', async () => {
    const text = lines(await output('show', String(spring.campaign_id)))
    expect(text[0]).toMatch(/^Campaign +1$/)
    expect(text).toContainEqual(expect.stringMatching(/^Budget +░{24} 0 % of 100000 EUR: 0 spent$/))
    expect(cells(text.at(-2)).slice(1, 5)).toEqual(['gold', '10', '10%<=5.00', 'yes'])
    expect(lines(await output('ls', '-o', 'name'))).toEqual([String(spring.campaign_id)])
    expect(cells(lines(await output('ls'))[1]).slice(1, 3)).toEqual(['Spring Sale', 'active'])
    expect(await json<Campaign[]>('ls', '--status', 'paused')).toEqual([])
  })

  it('gets another rule, and other terms', async () => {
    const id = String(spring.campaign_id)
    const where = ['--where', '{"merchant_id":"M9"}', '--reward', '3%', '--name', 'nine', '--priority', '-1']
    const [added] = await json<Rule[]>('rule', 'add', id, ...where)
    expect(added).toMatchObject({ name: 'nine', priority: -1, reward: { type: 'percent', percent: '3' } })
    const changed = await json<Rule>('rule', 'update', id, String(added?.rule_id), '--no-active')
    expect(changed).toMatchObject({ rule_id: added?.rule_id, active: false, name: 'nine' })
    const paused = await json<Campaign>('update', id, '--status', 'paused', '--budget-per-user', '5000')
    expect(paused).toMatchObject({ status: 'paused', budget: '100000', budget_per_user: '5000' })
    const active = await json<Campaign>('update', id, '--status', 'active', '--budget-per-user', 'none')
    expect(active).toMatchObject({ status: 'active', budget_per_user: null })
  })

  it('is described by a template where no model is there, and that is said', async () => {
    const args = ['campaign', 'create', 'Summer', '--where', '{"amount":{"$gte":10}}', '--status', 'draft']
    const ai = ['--describe-with-ai', '--brief', 'for families']
    const llm = ['--llm-url', `http://127.0.0.1:${await freePort()}`]
    const { exitCode, stdout, stderr } = await agentctl(place, ...args, ...ai, ...llm)
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/a template did: .*LLM_UNREACHABLE/)])
    expect(stdout).toMatch(/^Description +Summer .* \(from a template\)$/m)
    const made = await agentctl(place, ...args, ...ai, ...llm, '--json')
    expect(JSON.parse(made.stdout)).toMatchObject({
      ...{ name: 'Summer', description_source: 'template', fallback: { code: 'LLM_UNREACHABLE' } },
    })
  })

  it('may be called anything: what would steer a terminal is shown harmless', async () => {
    const name = '\u001b[2J\u001b]0;owned\u0007\u009b31m'
    const args = ['--where', '{"user_id":"\\u001b[31m"}', '--description', name, '--status', 'draft']
    const made = await json<Campaign>('create', name, ...args)
    expect(made.name).toBe(name)
    for (const shown of [await output('show', String(made.campaign_id)), await output('ls', '-o', 'wide')]) {
      expect(shown).toContain('\ufffd[2J')
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
    }
  })
})

/** The lines of a file whose amounts are 1 to `count`, but for some that are wrong. */
const WRONG = new Map([
  [11, '{"amount": '],
  [500, '{"amount":"12,50"}'],
  [777, '["no","event"]'],
  [1_000, '{"user_id":"u","tier":"gold"}'],
])
const ndjson = () =>
  Array.from({ length: 1_000 }, (_, i) => {
    const event = { user_id: `u-${i % 10}`, merchant_id: 'M1', amount: i + 1, data: { tier: 'gold' } }
    return WRONG.get(i + 1) ?? JSON.stringify(event)
  }).join('\n')

describe('an import', () => {
  it('of NDJSON registers what can be, and tells of each line that cannot', async () => {
    file('events.ndjson', `${ndjson()}\n`)
    const checked = await imported('events.ndjson', '--dry-run')
    expect(checked).toMatchObject({ exitCode: 1, report: { dry_run: true, total: 1_000, failed: 4 } })
    expect((await earnings()).earnings).toEqual([])

    const { exitCode, stdout, stderr } = await agentctl(
      ...[place, 'campaign', 'events', 'import', 'events.ndjson', '--failures', 'failed.ndjson'],
    )
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('They are in failed.ndjson')])
    const text = lines(stdout)
    expect(text[0]).toMatch(/^1,000 events: 996 registered, 4 failed in /)
    expect(text.slice(2).map((line) => cells(line)[0])).toEqual(['11', '500', '777', '1000'])
    expect(text[2]).toContain('the line is no JSON')
    expect(text[5]).toContain('tier: unknown field')
    const failed = lines(readFileSync(join(place.dir, 'failed.ndjson'), 'utf8'))
    expect([failed.length, failed[0], failed[2]]).toEqual([4, '{"amount": ', '["no","event"]'])
  })

  it('that is repeated registers nothing twice', async () => {
    const { exitCode, report } = await imported('events.ndjson')
    expect(exitCode).toBe(1)
    expect(report).toMatchObject({
      ...{ complete: false, stopped: false, total: 1_000, registered: 0, known: 996, failed: 4 },
      failures: [
        { line: 11, event_id: null },
        { line: 500, event_id: `${report.run_id}-500`, code: 'CAMPAIGN_EVENT_INVALID', field: 'amount' },
        { line: 777 },
        { line: 1_000, field: 'tier' },
      ],
    })
  })

  it('of what has failed and was corrected registers just that', async () => {
    const failed = readFileSync(join(place.dir, 'failed.ndjson'), 'utf8')
    const corrected = failed
      .replace('{"amount": ', '{"amount": 11}')
      .replace('12,50', '12.50')
      .replace('["no","event"]', '{}')
      .replace('"tier":"gold"', '"data":{"tier":"gold"}')
    file('corrected.ndjson', corrected)
    expect(await imported('corrected.ndjson')).toMatchObject({
      exitCode: 0,
      report: { complete: true, total: 4, registered: 4 },
    })
    expect(await imported('corrected.ndjson')).toMatchObject({ exitCode: 0, report: { known: 4 } })
  })

  it('of CSV takes fields from the columns that are named', async () => {
    const rows = Array.from({ length: 1_000 }, (_, i) =>
      i === 300 ? 'O-300,"open,1' : `O-${i},"Smith, ${i}",2.00,M1,silver`,
    )
    file('sales.csv', `\ufeffOrder,Customer,Total,merchant_id,tier\r\n${rows.join('\r\n')}\r\n`)
    const map = ['--map', 'event_id=Order,user_id=Customer', '--map', 'amount=Total']
    const { exitCode, report } = await imported('sales.csv', ...map)
    expect([exitCode, report]).toMatchObject([
      1,
      { format: 'csv', total: 1_000, registered: 999, failed: 1, failures: [{ line: 302 }] },
    ])
    expect((await imported('sales.csv', ...map)).report).toMatchObject({ registered: 0, known: 999 })
    const event = await json<CampaignEvent>('event', 'show', 'O-7')
    expect(event).toMatchObject({ user_id: 'Smith, 7', amount: '2.00', data: { tier: 'silver' } })
    const other = await imported('sales.csv', '--map', 'event_id=Order,user_id=Total')
    expect(other.report).toMatchObject({ failed: 1_000, registered: 0 })
    expect(other.report.failures[0]).toMatchObject({ line: 2, code: 'CAMPAIGN_EVENT_CONFLICT' })
  })

  it('takes a pipe', async () => {
    const args = [bin, 'campaign', 'events', 'import', '-', '--format', 'ndjson', '--json']
    const input = '{"merchant_id":"M2"}\n{"merchant_id":"M2"}'
    for (const expected of [{ registered: 2 }, { known: 2 }]) {
      const { stdout } = await execa(process.execPath, args, { cwd: place.dir, env: place.env, input })
      expect(JSON.parse(stdout)).toMatchObject({ file: 'stdin', total: 2, failed: 0, ...expected })
    }
  })

  it('ends in order by Ctrl-C, and goes on when it is started again', async () => {
    const count = 20_000
    file('many.ndjson', '{"merchant_id":"M3","amount":1}\n'.repeat(count))
    const slow = ['--run-id', 'many', '--batch', '1', '--concurrency', '1']
    const child = agentctl(place, 'campaign', 'events', 'import', 'many.ndjson', ...slow)
    await eventually(
      async () => (await agentctl(place, 'campaign', 'event', 'show', 'many-20')).exitCode === 0,
    )
    child.kill('SIGINT')
    const { exitCode, stdout, stderr } = await child
    expect([exitCode, stderr]).toEqual([130, expect.stringContaining('Run the same command again')])
    expect(stdout).toMatch(/^Stopped after [\d,]+ events: /)
    const { report } = await imported('many.ndjson', '--run-id', 'many')
    expect(report).toMatchObject({ complete: true, total: count, failed: 0 })
    expect(report.registered).toBeGreaterThan(0)
    expect(report.known).toBeGreaterThanOrEqual(20)
    expect(report.registered + report.known).toBe(count)
  })
})

describe('earnings', () => {
  /** 1 to 1,000 of which three are wrong: 10 % up to 5; and 999 times 1.50. */
  const right = Array.from({ length: 1_000 }, (_, i) => i + 1).filter((amount) => !WRONG.has(amount))
  const cents = right.reduce((sum, amount) => sum + Math.min(500, amount * 10), 0) + 999 * 150

  const spentCents = async () => Math.round(Number((await show(spring.campaign_id)).spent) * 100)

  it('are listed with what they come to', async () => {
    const campaign = ['--campaign', String(spring.campaign_id)]
    await eventually(async () => (await spentCents()) === cents)
    const { earnings: found, total, more } = await earnings(...campaign, '-n', '1200')
    expect([found.length, more, Math.round(Number(total.EUR) * 100)]).toEqual([1_200, true, cents])
    const all = await earnings(...campaign, '-n', '5000')
    expect([all.earnings.length, all.more]).toEqual([right.length + 999, false])
    const { stdout, stderr } = await agentctl(place, 'campaign', 'earnings', ...campaign, '-n', '3')
    expect(cells(lines(stdout)[0])).toEqual(
      'EARNING EVENT CAMPAIGN RULE USER AMOUNT CURRENCY KIND CREATED'.split(' '),
    )
    expect(lines(stdout)).toHaveLength(4)
    expect(stderr).toMatch(/^Total: [\d.]+ EUR \(of all; 3 are shown/)
    expect((await earnings('--event', 'O-7')).earnings).toMatchObject([{ amount: '1.50', kind: 'earned' }])
    expect((await earnings('--user', 'u-1', '--kind', 'reversal')).earnings).toEqual([])
  })

  it('are of events that are shown with them', async () => {
    const text = await output('event', 'show', 'O-7')
    expect(text).toMatch(/^Status +processed$/m)
    expect(cells(lines(text).at(-1)).slice(4, 8)).toEqual(['Smith, 7', '1.50', 'EUR', 'earned'])
  })

  it('are taken back once, when that is confirmed', async () => {
    const [earning] = (await earnings('--event', 'O-8')).earnings
    const reverse = ['earnings', 'reverse', String(earning?.earning_id), '--reason', 'refund']
    const refused = await agentctl(place, 'campaign', ...reverse)
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('CONFIRMATION_NEEDED')])
    expect(await output(...reverse, '--dry-run')).toContain('Nothing was changed')
    const { result } = await json<{ result: Earning }>(...reverse, '--yes')
    const after = await earnings('--event', 'O-8')
    expect(after.earnings).toMatchObject([
      { kind: 'reversal', amount: '-1.50', reverses: earning?.earning_id, reason: 'refund' },
      { kind: 'earned', amount: '1.50' },
    ])
    expect(result).toEqual(after.earnings[0])
    expect(await spentCents()).toBe(cents - 150)
    const again = await agentctl(place, 'campaign', ...reverse, '--yes')
    expect([again.exitCode, again.stderr]).toEqual([1, expect.stringContaining('EARNING_REVERSED')])
  })
})

it('rules are tried without any service', async () => {
  const nowhere = ['--event', '{"merchant_id":"M1","amount":30,"data":{"tier":"gold"}}']
  const matches = await agentctl(place, 'campaign', 'rule', 'test', 'gold.json', ...nowhere)
  expect([matches.exitCode, lines(matches.stdout)]).toEqual([
    0,
    [
      '✓ rule 1 "gold" matches event 1 and earns 3.00 USD',
      '  ✓ merchant_id $eq "M1": found "M1"',
      '  ✓ data.tier $eq "gold": found "gold"',
    ],
  ])
  const differs = await agentctl(place, 'campaign', 'rule', 'test', 'gold.json', '--event', '{}', '--json')
  expect(differs.exitCode).toBe(1)
  expect(JSON.parse(differs.stdout)).toMatchObject({
    matched: false,
    results: [{ rule: 1, explanation: { parts: [{ field: 'merchant_id', matched: false }, {}] } }],
  })
})

describe('what is wrong is said, with an exit code that tells', () => {
  type Case = [args: string[], exitCode: number, named: string]

  async function check(cases: readonly Case[]): Promise<void> {
    for (const [args, code, named] of cases) {
      const { exitCode, stderr } = await agentctl(place, 'campaign', ...args)
      expect([args, exitCode, stderr]).toEqual([args, code, expect.stringContaining(named)])
    }
  }

  it('of who is asked', async () => {
    const nowhere = ['--campaigns-url', `http://127.0.0.1:${await freePort()}`]
    await check([
      [['ls', '--api-password', 'wrong'], 77, 'CAMPAIGNS_UNAUTHORIZED'],
      [['events', 'import', 'sales.csv', '--api-username', 'nobody'], 77, 'API_USERNAME'],
      [['ls', ...nowhere], 69, 'CAMPAIGNS_UNREACHABLE'],
      [['events', 'import', 'sales.csv', ...nowhere], 69, 'CAMPAIGNS_UNREACHABLE'],
      [['create', 'x', ...nowhere], 69, nowhere[1] as string],
      [['create', 'x', '--describe-with-ai', ...nowhere], 69, 'CAMPAIGNS_UNREACHABLE'],
      [['ls', '--campaigns-url', 'nowhere'], 2, '--campaigns-url'],
    ])
  })

  it('of what there is not', async () => {
    await check([
      [['show', '999'], 3, 'CAMPAIGN_NOT_FOUND'],
      [['rule', 'add', '999', '--where', '{}'], 3, 'CAMPAIGN_NOT_FOUND'],
      [['rule', 'update', '1', '999', '--no-active'], 3, 'CAMPAIGN_RULE_NOT_FOUND'],
      [['event', 'show', 'nothing'], 3, 'CAMPAIGN_EVENT_NOT_FOUND'],
      [['earnings', 'reverse', '999999', '--reason', 'x', '--yes'], 3, 'EARNING_NOT_FOUND'],
    ])
    const { exitCode, stdout } = await agentctl(place, 'campaign', 'show', '999', '--json')
    const { error } = JSON.parse(stdout) as { error: Problem }
    expect([exitCode, error]).toMatchObject([3, { code: 'CAMPAIGN_NOT_FOUND', status: 404 }])
  })

  it('of campaigns and rules', async () => {
    file('bad-rule.json', { conditions: { amount: { $gt3: 1 } } })
    await check([
      [['show', 'x'], 2, 'CAMPAIGN: "x" is no id'],
      [['update', '1'], 2, 'nothing is named'],
      [['update', '1', '--budget', '1'], 1, 'CAMPAIGN_BUDGET_SPENT'],
      [['create', ''], 2, 'NAME: must not be empty'],
      [['create', 'x', '--budget', 'much'], 2, '--budget: must be a decimal'],
      [['create', 'x', '--starts', '2026-02-01', '--ends', '2026-01-01'], 2, 'ends_at'],
      [['create', 'x', '--reward', '5%'], 2, '--where'],
      [['create', 'x', '--brief', 'y'], 2, 'describe-with-ai'],
      [['create', 'x', '--rule', 'nowhere.json'], 2, 'nowhere.json: it does not exist'],
      [['create', 'x', '--rule', 'bad-rule.json'], 2, '$gt3'],
      [['create', 'Other', '--key', 'spring-1'], 1, 'CAMPAIGN_CONFLICT'],
      [['rule', 'add', '1'], 2, '--where'],
      [['rule', 'test', 'bad-rule.json', '--event', '{}'], 2, 'did you mean $gt?'],
    ])
  })

  it('of files', async () => {
    file('twice.csv', 'a,a\n1,2\n')
    file('no-ending', '{}\n')
    await check([
      [['events', 'import', 'nothing.csv'], 2, 'nothing.csv: it does not exist'],
      [['events', 'import', 'no-ending'], 2, '--format'],
      [['events', 'import', 'twice.csv'], 2, 'the column "a" is there twice'],
      [['events', 'import', 'sales.csv', '--map', 'amount=Sum'], 2, 'no column "Sum"'],
      [['events', 'import', 'sales.csv', '--failures', 'sales.csv'], 2, '--failures'],
      [['events', 'import', 'sales.csv', '--run-id', 'a b'], 2, '--run-id'],
      [['events', 'import', '-', '--format', 'csv'], 2, 'stdin: it is empty'],
    ])
  })
})
