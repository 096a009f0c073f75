import { type Dispatcher, Pool } from 'undici'
import { now } from '../support/clock.ts'
import { pathOf, readMessage } from './messages.ts'
import { createTally, type Tally } from './tally.ts'

/** Many event streams, each on a connection of its own, read in this process. */
export interface Clients {
  readonly tally: Tally
  close(): Promise<void>
}

/** Connections opened at the same time: a crowd arrives fast, yet not within one millisecond. */
const AT_ONCE = 20

/**
 * Opens one stream for each client and resolves when all have their headers. `dispatch` is undici's
 * lowest level: `fetch` would take three times as long for each event and become what is measured.
 */
export async function openClients(url: string, count: number): Promise<Clients> {
  const pool = new Pool(url, { connections: null, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 0 })
  const tally = createTally(count)
  let next = 0
  async function openSome(): Promise<void> {
    while (next < count) await openStream(pool, next++, tally)
  }
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, openSome))
  } catch (error) {
    await pool.destroy()
    throw error
  }
  return {
    tally,
    async close() {
      tally.close()
      await pool.destroy()
    },
  }
}

/** Resolves with the headers; what comes later goes to the tally. */
function openStream(pool: Pool, stream: number, tally: Tally): Promise<void> {
  return new Promise((resolve, reject) => {
    let rest = ''
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart() {},
      onResponseStart(_controller, status) {
        if (status === 200) resolve()
        else reject(new Error(`${pathOf(stream)} answered ${status}`))
      },
      onResponseData(_controller, chunk) {
        const arrived = now() // before any parsing
        const frames = (rest + chunk.toString('latin1')).split('\n\n')
        rest = frames.pop() as string
        for (const frame of frames) takeFrame(frame, stream, arrived, tally)
      },
      onResponseEnd: () => tally.broken(stream, 'the relay ended the stream'),
      onResponseError(_controller, error) {
        reject(error)
        tally.broken(stream, error.message)
      },
    }
    pool.dispatch({ path: pathOf(stream), method: 'GET' }, handler)
  })
}

/** Messages are plain ASCII JSON on one line; comments and `retry` carry no message. */
function takeFrame(frame: string, stream: number, arrived: number, tally: Tally): void {
  const data = /(?:^|\n)data: (.*)$/.exec(frame)?.[1]
  if (data === undefined) return
  if (/^event: /m.test(frame)) {
    tally.broken(stream, frame)
    return
  }
  const { chat, seq, sent } = readMessage(data)
  tally.message(stream, chat, seq, sent, arrived)
}
