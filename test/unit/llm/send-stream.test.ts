import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import { llmError } from '../../../src/runtime/llm/errors.ts'
import type { GenerateAnswer } from '../../../src/runtime/llm/messages.ts'
import { sendStream } from '../../../src/runtime/llm/service/send-stream.ts'
import type { SseHandlers, SseHub } from '../../../src/runtime/platform/http/index.ts'

const answer = { text: 'abc', model: 'm', cached: false } as GenerateAnswer
const response = {} as ServerResponse

/** A client that takes `room` frames and then has to be waited for. */
function client(room: number) {
  const sent: string[] = []
  const state = { closed: false, ended: false, room }
  let handlers: SseHandlers | undefined
  const hub = {
    open(_response: ServerResponse, given: SseHandlers) {
      handlers = given
      return {
        send(frame: string) {
          sent.push(frame)
          state.room -= 1
          return state.room > 0
        },
        end() {
          state.ended = true
        },
        get closed() {
          return state.closed
        },
      }
    },
  } as unknown as SseHub
  return {
    hub,
    sent,
    state,
    read(frames: number) {
      state.room += frames
      handlers?.onDrain()
    },
    close() {
      state.closed = true
      handlers?.onClose()
    },
  }
}

function source(count: number) {
  const state = { taken: 0, left: false }
  async function* pieces(): AsyncGenerator<string, GenerateAnswer> {
    try {
      for (; state.taken < count; ) {
        state.taken += 1
        yield `p${state.taken}`
      }
      return answer
    } finally {
      state.left = true
    }
  }
  return { state, pieces: pieces() }
}

/** Everything that can go on without new input has gone on. */
const settled = () => new Promise((done) => setImmediate(done))

describe('sending a stream', () => {
  it('takes no more pieces than the client reads', async () => {
    const { hub, sent, state, read } = client(3)
    const from = source(100)
    const done = sendStream(hub, response, from.pieces, () => {})
    await settled()
    expect(sent).toHaveLength(3)
    expect(from.state.taken).toBe(3)
    read(10)
    await settled()
    expect(from.state.taken).toBe(13)
    read(1_000)
    await done
    expect(sent.at(-1)).toContain('data: [DONE]')
    expect(state.ended).toBe(true)
  })

  it('leaves its source when the client goes away, whether it waits for it or not', async () => {
    const waiting = client(1)
    const one = source(100)
    const done = sendStream(waiting.hub, response, one.pieces, () => {})
    await settled()
    waiting.close()
    await done
    expect(one.state).toEqual({ taken: 1, left: true })
    const gone = client(100)
    gone.state.closed = true
    const other = source(100)
    await sendStream(gone.hub, response, other.pieces, () => {})
    expect(other.state).toEqual({ taken: 1, left: true })
  })

  it('throws what fails before the first piece, with the response untouched', async () => {
    let hijacked = false
    // biome-ignore lint/correctness/useYield: it fails before
    async function* failing(): AsyncGenerator<string, GenerateAnswer> {
      throw llmError('LLM_TIMEOUT', 'late')
    }
    const sending = sendStream(client(1).hub, response, failing(), () => {
      hijacked = true
    })
    await expect(sending).rejects.toMatchObject({ code: 'LLM_TIMEOUT' })
    expect(hijacked).toBe(false)
  })

  it('ends with the problem what fails later', async () => {
    const { hub, sent } = client(100)
    async function* failing(): AsyncGenerator<string, GenerateAnswer> {
      yield 'half'
      throw llmError('LLM_TIMEOUT', 'late')
    }
    await sendStream(hub, response, failing(), () => {})
    expect(sent[0]).toBe('data: {"delta":"half"}\n\n')
    expect(sent[1]).toMatch(/^event: error\ndata: {.*"code":"LLM_TIMEOUT"/)
    expect(sent).toHaveLength(2)
  })
})
