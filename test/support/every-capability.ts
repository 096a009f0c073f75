import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventReport } from '../../src/runtime/agents/index.ts'
import type { CampaignEvent } from '../../src/runtime/campaigns/index.ts'
import type { Snapshot } from '../../src/runtime/dashboard/index.ts'
import { createCloser } from '../../src/runtime/kernel/index.ts'
import type { LoadResult } from '../../src/runtime/loadtest/index.ts'
import { ask } from './campaign-faults.ts'
import { call } from './events.ts'
import { agentctl, eventually, startServe, type TestServe, workplace } from './program.ts'
import { numbers, readStream, upTo } from './sse.ts'
import type { Topology } from './topologies.ts'

const ROLES = 'gateway=1,worker=2,rag=1,llm=2,eval=1,executor=1,storage=1,campaigns=1,agents=1'
const TYPE = 'order.placed'
const STREAM = `agent:stream:${TYPE}`

/** Tests that use everything the program can do, on the Redis servers that `start` arranges. */
export function testEveryCapability(start: () => Promise<Topology>): void {
  const place = workplace()
  const closer = createCloser()
  let serve: TestServe

  beforeAll(async () => {
    const topology = closer.add(await start(), (opened) => opened.close())
    Object.assign(place.env, topology.env, { REDIS_URL: topology.url, AGENTCTL_MOCK_LATENCY: '10ms' })
    serve = closer.add(await startServe(place, '--roles', ROLES), (opened) => opened.stop())
  })

  afterAll(async () => {
    await closer.close()
    place.remove()
  })

  /** Runs a command that is expected to succeed. */
  async function output(...args: string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await agentctl(place, ...args)
    expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
    return stdout
  }
  const json = async (...args: string[]) => JSON.parse(await output(...args, '--json'))
  const lines = (text: string) => text.split('\n').filter(Boolean)

  /** Consumes events with a shell command until the tests end. */
  async function handle(type: string, command: string, group: string): Promise<void> {
    const child = agentctl(place, 'worker', '--subscribe', type, '--exec', command, '--group', group)
    closer.add(child, async () => {
      child.kill('SIGTERM')
      await child
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    await eventually(
      () => said.includes('worker is ready'),
      40_000,
      () => said,
    )
  }

  it('all roles are ready', async () => {
    await eventually(async () => (await serve.ps()).replicas.every(({ state }) => state === 'ready'), 60_000)
  })

  it('chats are answered and read from end to end', async () => {
    const chats = await Promise.all(
      upTo(6).map((i) => readStream(serve.url, { feature: `f${i}`, chat: `c${i}` })),
    )
    for (const { messages, done } of chats) {
      expect(numbers(messages)).toEqual(upTo(20))
      expect(done).toBe(true)
    }
    const entries = lines(await output('tail', 'stream', 'stream:*', '--from', 'first', '--json'))
    expect(entries).toHaveLength(6 * 22)
  })

  it('events are published, confirmed by a replica, handled, and replayed', async () => {
    const seen = join(place.dir, 'seen')
    await handle(TYPE, `cat >> ${seen}; echo '{"ok":true}'`, 'shop')
    await output('event', 'publish', TYPE, '{"total":1}', '--id', 'o-1', '--replicas', '1')
    const again = await json('event', 'publish', TYPE, '{"total":1}', '--id', 'o-1')
    expect(again).toMatchObject({ event_id: 'o-1', duplicate: true })
    expect(await json('event', 'request', TYPE, '{"total":2}')).toEqual({
      ...{ status: 'success', result: { ok: true } },
    })
    expect(await json('event', 'replay', TYPE, '--exec', 'cat > /dev/null')).toEqual({
      ...{ handled: 2, failed: 0, undecodable: 0 },
    })
    const posted = await call(serve.url, `/events/${TYPE}`, { body: { total: 3 } })
    expect(posted.status).toBeLessThan(300)
    await eventually(async () => (await json('group', 'ls', TYPE))[0]?.lag === 0)
  })

  it('what cannot be handled is a dead letter, and handled when it is put back', async () => {
    const mended = join(place.dir, 'mended')
    await handle('bill.sent', `test -e ${mended} || exit 65`, 'office')
    await output('event', 'publish', 'bill.sent', '{"n":1}')
    await expect.poll(() => json('dlq', 'ls')).toMatchObject([{ type: 'bill.sent', count: 1 }])
    writeFileSync(mended, '')
    expect((await json('dlq', 'retry', 'bill.sent', '--all')).retried).toHaveLength(1)
    await expect.poll(() => output('dlq', 'show', 'bill.sent', '-o', 'name')).toBe('')
    await eventually(async () => (await json('group', 'ls', 'bill.sent'))[0]?.lag === 0)
  })

  it('programs are run, and their ends stored', async () => {
    const body = { code: 'console.log("over there")', language: 'javascript' }
    const accepted = await call(serve.url, '/api/eval', { body, headers: { 'idempotency-key': 'one' } })
    expect(accepted.status).toBe(202)
    const repeated = await call(serve.url, '/api/eval', { body, headers: { 'idempotency-key': 'one' } })
    expect(repeated.body.eval_id).toBe(accepted.body.eval_id)
    const path = `/api/eval-status/${accepted.body.eval_id}?wait=60000`
    expect((await call(serve.url, path)).body).toMatchObject({ status: 'completed', stdout: 'over there\n' })
    await eventually(async () => {
      const { body: page } = await call(serve.url, '/api/evals?status=completed')
      return (page.evaluations as unknown[] | undefined)?.length === 1
    })
  })

  it('questions are answered from documents', async () => {
    writeFileSync(join(place.dir, 'bees.md'), 'Honey bees dance to tell each other where the flowers are.\n')
    await output('docs', 'add', 'bees.md')
    expect(await json('docs', 'ls')).toMatchObject([{ id: 'bees.md' }])
    const answer = await json('query', 'Where do honey bees find the flowers?')
    expect(JSON.stringify(answer)).toContain('bees.md')
  })

  it('answers of models are remembered, by whichever replica gave them', async () => {
    await json('llm', 'generate', 'Explain loyalty programs')
    await expect
      .poll(async () => (await json('llm', 'generate', 'Explain loyalty programs')).cached)
      .toBe(true)
    await output('llm', 'cache', 'health')
    expect(await json('llm', 'providers')).toBeTruthy()
  })

  it('events earn by the rules of campaigns, also those that agents register', async () => {
    const { campaigns, agents } = serve.status.urls as { campaigns: string; agents: string }
    const terms = ['--where', '{"merchant_id":"M1"}', '--reward', '5%']
    const campaign = await json('campaign', 'create', 'Spring', ...terms)
    expect(campaign.status).toBe('active')
    const events = upTo(50).map((n) => ({
      event_id: `e${n}`,
      merchant_id: 'M1',
      user_id: 'u',
      amount: '100',
    }))
    const run = await call(agents, '/agents/event/run', { body: { run_id: 'night', events } })
    expect((run.body as unknown as EventReport).registered).toBe(50)
    const { body } = await ask<CampaignEvent>(campaigns, '/events/e49?wait=30000')
    expect(body).toMatchObject({ status: 'processed', earnings: [{ amount: '5.00' }] })
    await eventually(async () => {
      const told = await agentctl(place, 'tail', 'events', 'event.processed', '--from', 'first', '--json')
      return lines(told.stdout).length === 50
    })
  })

  it('streams and groups are looked at, trimmed, copied, claimed and removed', async () => {
    expect(await output('stream', 'ls', '-o', 'name')).toContain(STREAM)
    expect(await output('stream', 'info', TYPE)).toContain('shop')
    expect(await json('stream', 'peek', TYPE, '-n', '1')).toHaveLength(1)
    await output('stream', 'report', '--all')
    await output('stream', 'copy', TYPE, 'order.kept', '--keep-ids', '--yes')
    expect(lines(await output('event', 'history', 'order.kept', '-o', 'name'))).toHaveLength(3)
    await output('stream', 'trim', 'order.kept', '--max-length', '1', '--yes')
    await output('stream', 'purge', 'order.kept', '--yes')
    expect(await output('group', 'ls', TYPE)).toContain('shop')
    await output('group', 'info', TYPE, 'shop')
    await output('group', 'pending', TYPE, 'shop')
    await output('group', 'lag')
  })

  it('the dashboard shows it all', async () => {
    const shown = (await json('dash', '--once')) as Snapshot
    expect(shown).toMatchObject({ version: 1, trouble: null })
    expect(JSON.stringify(shown)).toContain(STREAM)
    expect(JSON.stringify(shown)).toContain('"shop"')
  })

  it('the doctor finds no error', async () => {
    const areas = ['redis', 'data', 'streams', 'queues'].flatMap((area) => ['--only', area])
    const { counts, findings } = await json('doctor', ...areas)
    expect(findings).toContainEqual(expect.objectContaining({ check: 'redis-reachable', level: 'ok' }))
    expect(counts.error).toBe(0)
  })

  it.each([
    ['chat', 20],
    ['events', 20],
    ['query', 20],
    ['eval', 4],
  ])('%s under load: every request succeeds', async (scenario, count) => {
    const shown = (await json('loadtest', scenario, '-c', '4', '-n', String(count))) as LoadResult
    expect([shown.total, shown.succeeded]).toEqual([count, count])
  })
}
