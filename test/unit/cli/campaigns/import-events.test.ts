import { execFileSync } from 'node:child_process'
import {
  createWriteStream,
  linkSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, it } from 'vitest'
import { checkEvents } from '../../../../src/cli/campaigns/import/check-events.ts'
import { checkFailuresFile, writeFailures } from '../../../../src/cli/campaigns/import/failures-file.ts'
import { importEvents } from '../../../../src/cli/campaigns/import/import-events.ts'
import { adviceText, importText, progressText } from '../../../../src/cli/campaigns/import/import-text.ts'
import { createLineSet } from '../../../../src/cli/campaigns/import/line-set.ts'
import type { ImportProgress, ImportReport } from '../../../../src/cli/campaigns/import/report.ts'
import type { RowOptions } from '../../../../src/cli/campaigns/import/rows.ts'
import { formatOf, openSource } from '../../../../src/cli/campaigns/import/source-file.ts'
import { createEventAgent } from '../../../../src/runtime/agents/event-agent.ts'
import type { Batch, CampaignsClient } from '../../../../src/runtime/campaigns/index.ts'
import { kernelError } from '../../../../src/runtime/kernel/index.ts'
import { createLogger } from '../../../../src/runtime/platform/log/index.ts'
import { monotonicClock } from '../../../../src/runtime/resilience/index.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})
function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'agentctl-import-test-'))
  dirs.push(dir)
  return dir
}

const log = createLogger({ level: 'silent', bindings: {} })
const NDJSON: RowOptions = { format: 'ndjson', map: new Map(), delimiter: ',', asText: false }
const CSV: RowOptions = { ...NDJSON, format: 'csv' }

/** A service that keeps events by id, and refuses those whose amount is below zero. */
function registry() {
  const stored = new Map<string, string>()
  const registerEvents: CampaignsClient['registerEvents'] = async (events) => {
    const results = events.map((given, index): Batch['results'][number] => {
      const { event_id, amount } = given as { event_id: string; amount?: number }
      if (Number(amount) < 0) {
        const error = { code: 'CAMPAIGN_EVENT_INVALID', detail: 'amount: is refused', field: 'amount' }
        return { index, event_id, outcome: 'invalid', error }
      }
      const outcome = stored.has(event_id) ? 'known' : 'registered'
      stored.set(event_id, JSON.stringify(given))
      return { index, event_id, outcome }
    })
    const count = (wanted: string) => results.filter(({ outcome }) => outcome === wanted).length
    return { registered: count('registered'), known: count('known'), failed: count('invalid'), results }
  }
  return { stored, registerEvents }
}

function importing(
  content: string,
  rows: RowOptions,
  registerEvents: CampaignsClient['registerEvents'],
  more: { signal?: AbortSignal; onProgress?: (progress: ImportProgress) => void; runId?: string } = {},
) {
  async function* read() {
    yield Buffer.from(content)
  }
  const source = { read, size: Buffer.byteLength(content) }
  const { signal = new AbortController().signal, onProgress = () => {}, runId = 'run' } = more
  const imported = importEvents({
    ...{ source, rows, runId, campaigns: { registerEvents }, signal, onProgress, onRetry: () => {} },
    agentOf: (campaigns) =>
      createEventAgent({ campaigns, clock: monotonicClock, concurrency: 1, batch: 2, patience: 1, log }),
  })
  return { source, imported }
}

const FILE = [
  '{"amount":1}',
  'broken',
  '{"event_id":"own","amount":2}',
  '{"amount":-1}',
  '',
  '{"amount":3,"data":{"a":"ö"}}',
  '',
].join('\n')

describe('importing events', () => {
  it('registers what can be, by line, and tells what cannot', async () => {
    const { stored, registerEvents } = registry()
    const seen: ImportProgress[] = []
    const { imported } = importing(FILE, NDJSON, registerEvents, { onProgress: (now) => seen.push(now) })
    const { done, duration_ms: _, ...report } = await imported
    expect([...stored.keys()]).toEqual(['run-1', 'own', 'run-6'])
    expect(report).toEqual({
      ...{ complete: false, stopped: false, total: 5, registered: 3, known: 0, failed: 2, retries: 0 },
      failures: [
        {
          line: 2,
          event_id: null,
          code: 'CAMPAIGN_EVENT_INVALID',
          detail: expect.stringMatching(/^the line is no JSON/),
          retryable: false,
        },
        {
          line: 4,
          event_id: 'run-4',
          code: 'CAMPAIGN_EVENT_INVALID',
          detail: 'amount: is refused',
          field: 'amount',
          retryable: false,
        },
      ],
    })
    expect([1, 2, 3, 4, 5, 6].filter((line) => done.has(line))).toEqual([1, 3, 6])
    expect(seen.at(-1)).toMatchObject({ read: 1, registered: 3, known: 0, failed: 2 })
  })

  it('registers nothing twice when it is done again', async () => {
    const { stored, registerEvents } = registry()
    await importing(FILE, NDJSON, registerEvents).imported
    expect(await importing(FILE, NDJSON, registerEvents).imported).toMatchObject({
      ...{ registered: 0, known: 3, failed: 2, complete: false },
    })
    expect(stored.size).toBe(3)
  })

  it('writes what was not registered so that it can be imported', async () => {
    const { stored, registerEvents } = registry()
    const { source, imported } = importing(FILE, NDJSON, registerEvents)
    const { done } = await imported
    const file = join(folder(), 'failed.ndjson')
    await writeFailures(file, source, NDJSON, 'run', done)
    const text = readFileSync(file, 'utf8')
    expect(text).toBe('broken\n{"event_id":"run-4","amount":-1}\n')

    const corrected = text.replace('broken', '{"amount":7}').replace('"amount":-1', '"amount":4')
    const again = await importing(corrected, NDJSON, registerEvents, { runId: 'other' }).imported
    expect(again).toMatchObject({ complete: true, registered: 2, known: 0 })
    expect([...stored.keys()]).toEqual(['run-1', 'own', 'run-6', 'other-1', 'run-4'])
    expect(stored.get('run-4')).toBeDefined()
  })

  it('writes records of CSV as events', async () => {
    const { registerEvents } = registry()
    const { source, imported } = importing('amount,tier\n-1,gold\n1\n2,x\n', CSV, registerEvents)
    const { done } = await imported
    const file = join(folder(), 'failed.ndjson')
    await writeFailures(file, source, CSV, 'run', done)
    expect(readFileSync(file, 'utf8')).toBe(
      '{"event_id":"run-2","amount":"-1","data":{"tier":"gold"}}\n"1"\n',
    )
  })

  it('tells what it has done until it is stopped', async () => {
    const { stored, registerEvents } = registry()
    const stop = new AbortController()
    const content = Array.from({ length: 100 }, (_, i) => `{"amount":${i}}`).join('\n')
    const { imported } = importing(content, NDJSON, registerEvents, {
      signal: stop.signal,
      onProgress: ({ registered }) => registered >= 10 && stop.abort(),
    })
    const report = await imported
    expect(report).toMatchObject({ stopped: true, complete: false, registered: stored.size, failed: 0 })
    expect(stored.size).toBeGreaterThanOrEqual(10)
    expect(stored.size).toBeLessThan(100)
  })

  it('tells what was not tried when the service is away', async () => {
    const away = async () => {
      throw kernelError('INTERNAL', 'gone')
    }
    const content = Array.from({ length: 20 }, (_, i) => `{"amount":${i}}`).join('\n')
    const { imported } = importing(content, NDJSON, away)
    const report = await imported
    expect(report).toMatchObject({ stopped: false, complete: false, total: 20, registered: 0, failed: 20 })
    expect(report.failures.map(({ line, code }) => [line, code])).toEqual([
      [1, 'INTERNAL'],
      [2, 'INTERNAL'],
      [3, 'AGENT_RUN_STOPPED'],
    ])
  })

  it('passes on that a file is of no use', async () => {
    const { imported } = importing('a,a\n1,2\n', CSV, registry().registerEvents)
    await expect(imported).rejects.toMatchObject({ code: 'CAMPAIGN_FILE_INVALID' })
  })
})

describe('a file for failures', () => {
  it('is looked at before anything is sent', async () => {
    const dir = folder()
    const source = join(dir, 'a.csv')
    writeFileSync(source, 'a\n1\n')
    await expect(checkFailuresFile(join(dir, 'no', 'f'), source)).rejects.toMatchObject({
      code: 'CAMPAIGN_FILE_INVALID',
      message: expect.stringContaining(join('no', 'f')),
    })
    await expect(checkFailuresFile(dir, source)).rejects.toThrow('it is a folder')
    const kept = join(dir, 'f')
    writeFileSync(kept, 'of another run')
    await checkFailuresFile(kept, source)
    await checkFailuresFile(kept, '-')
    expect(readFileSync(kept, 'utf8')).toBe('of another run')
  })

  it('is not the file that is imported, by any name', async () => {
    const dir = folder()
    const source = join(dir, 'a.csv')
    writeFileSync(source, 'a\n1\n')
    symlinkSync(source, join(dir, 'soft'))
    linkSync(source, join(dir, 'hard'))
    for (const name of ['a.csv', 'soft', 'hard'])
      await expect(checkFailuresFile(join(dir, name), source)).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        field: 'failures',
      })
    expect(readFileSync(source, 'utf8')).toBe('a\n1\n')
  })
})

it('a dry run checks as the service does', async () => {
  async function* read() {
    yield Buffer.from(
      'amount,currency,data\n1,EUR,\nten,EUR,\n3,euro,\n1,2,3,4\n4,EUR,"{""__proto__"":{}}"\n',
    )
  }
  const { signal } = new AbortController()
  const { sample, ...checked } = await checkEvents({ read, size: 40 }, CSV, 'run', signal, () => {})
  expect(sample).toEqual({ event_id: 'run-2', amount: '1', currency: 'EUR' })
  expect(checked).toMatchObject({ complete: false, total: 5, failed: 4 })
  expect(checked.failures.map(({ line, field }) => [line, field])).toEqual([
    [3, 'amount'],
    [4, 'currency'],
    [5, undefined],
    [6, undefined],
  ])
})

describe('a file', () => {
  const { signal } = new AbortController()

  it('is measured and can be read again', async () => {
    const path = join(folder(), 'a.csv')
    writeFileSync(path, 'hello')
    const source = await openSource(path, signal)
    expect(source).toMatchObject({
      name: path,
      size: 5,
      digest: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
    })
    for (let i = 0; i < 2; i++) expect(await buffer(source.read())).toEqual(Buffer.from('hello'))
  })

  it('may be a pipe, which is kept until it is taken away', async () => {
    const path = join(folder(), 'pipe')
    execFileSync('mkfifo', [path])
    createWriteStream(path).end('hello')
    const source = await openSource(path, signal)
    expect(source).toMatchObject({ name: path, size: 5 })
    for (let i = 0; i < 2; i++) expect(await buffer(source.read())).toEqual(Buffer.from('hello'))
    await source.remove()
    await expect(buffer(source.read())).rejects.toThrow('ENOENT')
  })

  it.each([
    ['missing.csv', undefined, 'missing.csv: it does not exist'],
    ['empty.csv', '', 'empty.csv: it is empty'],
    ['.', undefined, 'it is a folder'],
  ])('%s is refused', async (name, content, why) => {
    const path = join(folder(), name)
    if (content !== undefined) writeFileSync(path, content)
    await expect(openSource(path, signal)).rejects.toMatchObject({
      code: 'CAMPAIGN_FILE_INVALID',
      message: expect.stringContaining(why),
    })
  })

  it('tells by its ending what is in it', () => {
    expect(['a.CSV', 'b.ndjson', 'c.jsonl'].map((file) => formatOf(file, undefined))).toEqual([
      'csv',
      'ndjson',
      'ndjson',
    ])
    expect(formatOf('a.txt', 'csv')).toBe('csv')
    expect(() => formatOf('-', undefined)).toThrow('stdin: what is in it cannot be told by its name')
  })
})

it('numbers of lines are kept however large they are', () => {
  const set = createLineSet()
  for (const line of [1, 8, 8_191, 8_192, 5_000_000]) set.add(line)
  expect([0, 1, 2, 7, 8, 8_191, 8_192, 8_193, 5_000_000, 5_000_001].filter((line) => set.has(line))).toEqual([
    1, 8, 8_191, 8_192, 5_000_000,
  ])
})

describe('what is told about an import', () => {
  const report: ImportReport = {
    ...{
      file: 'a.ndjson',
      format: 'ndjson',
      run_id: 'import-1',
      dry_run: false,
      complete: true,
      stopped: false,
    },
    ...{
      total: 1_500,
      registered: 1_500,
      known: 0,
      failed: 0,
      failures: [],
      failures_file: null,
      retries: 0,
    },
    duration_ms: 500,
  }
  const failure = (line: number) => ({
    ...{ line, event_id: null, code: 'CAMPAIGN_EVENT_INVALID', detail: 'the line\u001b[2J is wrong' },
    retryable: false,
  })

  it('is one line when all went well', () => {
    expect(importText(report)).toBe('1,500 events: 1,500 registered in 0.5 s (3,000/s).')
    expect(adviceText(report)).toEqual([])
  })

  it('shows the first failures, harmless, and how many more there are', () => {
    const failures = Array.from({ length: 30 }, (_, i) => failure(i + 1))
    const failed = { ...report, complete: false, registered: 1_400, known: 60, failed: 40, failures }
    const lines = importText(failed).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      '1,500 events: 1,400 registered, 60 known from before, 40 failed in 0.5 s (2,920/s).',
      '',
      'LINE  EVENT  WHY                    CODE',
      '   1  -      the line\ufffd[2J is wrong  CAMPAIGN_EVENT_INVALID',
    ])
    expect(lines.at(-1)).toBe('… and 20 more (--failures FILE keeps them all)')
    expect(adviceText(failed)).toEqual([
      'After correcting lines of the same file, give --run-id import-1: the others are known by it.',
    ])
    expect(adviceText({ ...failed, failures_file: 'f.ndjson' })).toEqual([
      'They are in f.ndjson: correct them there, and import that file.',
    ])
  })

  it('says how to go on after it was stopped', () => {
    const stopped = { ...report, stopped: true, complete: false, registered: 700, total: 800 }
    expect(importText(stopped)).toBe('Stopped after 700 events: 700 registered in 0.5 s (1,400/s).')
    expect(adviceText(stopped)[0]).toContain('Run the same command again')
  })

  it('grows while it goes on', () => {
    expect(progressText({ read: 0.5, registered: 4_000, known: 100, failed: 3, took: 2_000 })).toBe(
      '████████████░░░░░░░░░░░░ 50 %  4,100 events, 3 failed  2,050/s',
    )
  })
})
