import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openLogs } from '../../../src/runtime/dashboard/source/log-source.ts'
import { createMeasurements } from '../../../src/runtime/dashboard/source/measurements.ts'
import { scrapeServices } from '../../../src/runtime/dashboard/source/scrape.ts'
import { createServeLink } from '../../../src/runtime/dashboard/source/serve-link.ts'
import { subscribers } from '../../../src/runtime/dashboard/source/subscribers.ts'
import type {
  LogLine,
  ReplicaMetrics,
  ServeClient,
  ServeStatus,
} from '../../../src/runtime/supervisor/index.ts'

const status = (redis = 'redis://h:1'): ServeStatus => ({
  pid: 1,
  version: '1.0.0',
  started_at: '2026-01-01T00:00:00.000Z',
  state_dir: '/x',
  data: 'kept',
  urls: { redis },
  redis_prompt: null,
  replicas: [],
})

/** A serve of which only some answers matter. */
function serveOf(answers: Partial<ServeClient>): ServeClient {
  const refuse = () => Promise.reject(new Error('not asked for here'))
  return {
    status: refuse,
    metrics: refuse,
    scale: refuse,
    autoscale: refuse,
    restart: refuse,
    down: refuse,
    // biome-ignore lint/correctness/useYield: it has nothing to say
    async *logs() {
      await refuse()
    },
    ...answers,
  }
}

const line = (n: number, replica = 'worker-1'): LogLine => ({
  time: new Date(n).toISOString(),
  replica,
  line: `line ${n}`,
})

describe('the link to a serve', () => {
  const linkTo = (find: () => ServeClient, patience = 10_000) =>
    createServeLink({ find, redisUrl: () => 'redis://h:1', patience })

  it('notices one that comes, and one that goes', async () => {
    let runs = false
    const serve = serveOf({ status: async () => status() })
    const link = linkTo(() => {
      if (!runs) throw new Error('none')
      return serve
    })
    expect(await link.look()).toEqual({ kind: 'none' })
    runs = true
    expect(await link.look()).toEqual({ kind: 'up', status: status() })
    expect(link.client()).toBe(serve)
    runs = false
    expect(await link.look()).toEqual({ kind: 'none' })
    expect(link.client()).toBeUndefined()
  })

  it('does not mix two systems', async () => {
    const link = linkTo(() => serveOf({ status: async () => status('redis://other:1') }))
    expect(await link.look()).toEqual({ kind: 'elsewhere', redis: 'redis://other:1' })
    expect(link.client()).toBeUndefined()
  })

  it('does not wait for one that hangs, nor asks it again and again', async () => {
    let asked = 0
    const answer = Promise.withResolvers<ServeStatus>()
    const ask = () => {
      asked += 1
      return answer.promise
    }
    const link = linkTo(() => serveOf({ status: ask }), 1)
    expect(await link.look()).toEqual({ kind: 'silent' })
    expect(await link.look()).toEqual({ kind: 'silent' })
    expect(asked).toBe(1)
    answer.resolve(status())
    await turn()
    expect(link.view().kind).toBe('up')
  })
})

/** Logs that the test writes, to whoever reads them then. */
function logsOf(...past: LogLine[]) {
  const written = [...past]
  let wake = () => {}
  let broken = false
  let readers = 0
  return {
    readers: () => readers,
    write(...lines: LogLine[]) {
      written.push(...lines)
      wake()
    },
    /** Ends the connection; the next one begins with the newest lines. */
    cut() {
      broken = true
      wake()
    },
    client: serveOf({
      async *logs({ signal }) {
        readers += 1
        signal?.addEventListener('abort', () => wake())
        for (let i = 0; !signal?.aborted; ) {
          if (broken) {
            broken = false
            throw new Error('the connection is gone')
          }
          if (i < written.length) yield written[i++] as LogLine
          else
            await new Promise<void>((resume) => {
              wake = resume
            })
        }
      },
    }),
  }
}

function reading(client: () => ServeClient | undefined) {
  const logs = openLogs({ client, unknown: () => null, retry: 1, pause: 1 })
  onTestFinished(() => logs.close())
  const told = () => new Promise<void>((resolve) => onTestFinished(logs.subscribe(resolve)))
  const until = async (count: number) => {
    while (logs.lines().length < count) await told()
    return logs.lines().map(({ line }) => line)
  }
  return { logs, until }
}

describe('logs', () => {
  it('are followed, and the same array until there are more', async () => {
    const book = logsOf(line(1), line(2))
    const { logs, until } = reading(() => book.client)
    expect(await until(2)).toEqual(['line 1', 'line 2'])
    expect(logs.lines()).toBe(logs.lines())
    book.write(line(3))
    expect(await until(3)).toEqual(['line 1', 'line 2', 'line 3'])
  })

  it('go on after a broken connection without repeating anything', async () => {
    const book = logsOf(line(1), line(2))
    const { until } = reading(() => book.client)
    await until(2)
    book.cut()
    book.write(line(3), line(3, 'worker-2'))
    expect(await until(4)).toEqual(['line 1', 'line 2', 'line 3', 'line 3'])
    expect(book.readers()).toBe(2)
  })

  it('begin when a serve comes', async () => {
    const book = logsOf(line(1))
    let client: ServeClient | undefined
    const { logs, until } = reading(() => client)
    await turn()
    expect(logs.lines()).toEqual([])
    client = book.client
    expect(await until(1)).toEqual(['line 1'])
  })

  it('are the newest 2,000', async () => {
    const book = logsOf(...Array.from({ length: 9_000 }, (_, i) => line(i)))
    const { logs } = reading(() => book.client)
    while (logs.lines().at(-1)?.line !== 'line 8999') await new Promise<void>((told) => logs.subscribe(told))
    expect(logs.lines()).toHaveLength(2_000)
    expect(logs.lines()[0]?.line).toBe('line 7000')
  })
})

describe('asking services for metrics', () => {
  it('asks each once, and says of which there is nothing to be had', async () => {
    const asked: string[] = []
    const read = async (url: string) => {
      asked.push(url)
      if (url.includes('bad')) throw new Error('connect ECONNREFUSED')
      return 'text'
    }
    const urls = ['http://a/', 'http://a', 'https://bad', 'file:///etc/passwd', 'nonsense']
    expect(await scrapeServices(urls, read)).toEqual({
      scraped: [
        { replica: 'http://a', role: null, text: 'text' },
        { replica: 'https://bad', role: null, text: null },
      ],
      refusals: [{ url: 'https://bad', why: 'connect ECONNREFUSED' }],
    })
    expect(asked).toEqual(['http://a/metrics', 'https://bad/metrics'])
  })

  it('does not ask more than a few dozen', async () => {
    const urls = Array.from({ length: 70 }, (_, i) => `http://h:${i + 1}`)
    const { scraped, refusals } = await scrapeServices(urls, async () => '')
    expect([scraped.length, refusals.length]).toEqual([64, 6])
  })
})

describe('measurements', () => {
  const sources = [{ metric: 'x', kind: 'stage', labels: ['stage'] }]
  const text = (n: number) => `x_bucket{stage="a",le="1"} ${n}\nx_bucket{stage="a",le="+Inf"} ${n}\n`

  function setUp(every = 5_000) {
    const answers: ReplicaMetrics[][] = []
    const read: string[] = []
    let client: ServeClient | undefined
    let time = 0
    const measurements = createMeasurements({
      sources,
      client: () => client,
      urls: () => ['http://gateway'],
      async read(url) {
        read.push(url)
        throw new Error('refused')
      },
      every,
      monotonic: () => time,
    })
    return {
      measurements,
      read,
      serve(...replies: ReplicaMetrics[][]) {
        answers.push(...replies)
        client = serveOf({ metrics: async () => answers.shift() ?? Promise.reject(new Error('gone')) })
      },
      pass(ms: number) {
        time += ms
      },
    }
  }

  it('come from the serve where there is one, twice at once and then every five seconds', async () => {
    const { measurements, serve, pass, read } = setUp()
    serve(
      [{ replica: 'rag-1', role: 'rag', text: text(0) }],
      [{ replica: 'rag-1', role: 'rag', text: text(1) }],
      [
        { replica: 'rag-1', role: 'rag', text: text(4) },
        { replica: 'rag-2', role: 'rag', text: null },
        { replica: 'redis-1', role: 'redis', text: null },
      ],
    )
    await measurements.look()
    await measurements.look()
    pass(4_999)
    await measurements.look()
    pass(1)
    await measurements.look()
    expect(measurements.rows()).toMatchObject([{ name: 'a', role: 'rag', count: 4 }])
    expect(measurements.mute()).toEqual(['rag-2'])
    expect(read).toEqual([])
  })

  it('do not count the whole past of a serve that was found later', async () => {
    const { measurements, serve } = setUp()
    await measurements.look()
    serve([{ replica: 'rag-1', role: 'rag', text: text(1_000) }])
    await measurements.look()
    expect(measurements.rows()).toMatchObject([{ name: 'a', count: 0 }])
  })

  it('survive a serve that goes in the middle', async () => {
    const { measurements, serve } = setUp(0)
    serve()
    await measurements.look()
    expect(measurements.rows()).toEqual([])
  })

  it('come from services without a serve, and say which did not answer', async () => {
    const { measurements, read } = setUp()
    await measurements.look()
    expect(read).toEqual(['http://gateway/metrics'])
    expect(measurements.refusals()).toEqual([{ url: 'http://gateway', why: 'refused' }])
    await measurements.settled()
  })
})

describe('subscribers', () => {
  it('leave one by one, also those who came twice', () => {
    const all = subscribers()
    let told = 0
    const listener = () => {
      told += 1
    }
    const leave = all.add(listener)
    all.add(listener)
    all.tell()
    leave()
    leave()
    all.tell()
    expect(told).toBe(3)
  })
})
