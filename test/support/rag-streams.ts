import { createRagClient } from '../../src/runtime/rag/client.ts'
import type { StreamMessage } from '../../src/runtime/rag/messages.ts'
import { FACTS, type Fact } from './rag-faults.ts'

/** What one client has seen of its streams. */
interface Streamed {
  whole: number
  restarts: number
  /** What was wrong, in words. */
  wrong: string[]
}

interface StreamLoad {
  /** Asks no more, and resolves when every stream has ended. */
  end(): Promise<Streamed>
}

/** Milliseconds after which a stream without an end counts as silence. */
const SILENCE = 90_000

export function textOf(parts: readonly StreamMessage[]): string {
  return parts.map((part) => (part.type === 'token' ? part.text : '')).join('')
}

/** Clients that read one streamed answer after another, connecting again whenever they lose one, as `agentctl query` does. */
export function startStreams(url: string, name: string, clients: number): StreamLoad {
  const seen: Streamed = { whole: 0, restarts: 0, wrong: [] }
  let ended = false

  async function read(fact: Fact, key: string): Promise<void> {
    const client = createRagClient({ url, signal: AbortSignal.timeout(SILENCE) })
    let parts: StreamMessage[] = []
    try {
      for await (const part of client.follow({ query: fact.question, use_cache: false }, key)) {
        if (part.type !== 'restart') parts.push(part)
        else {
          seen.restarts++
          parts = []
        }
      }
      const types = new Set(parts.slice(1, -1).map(({ type }) => type))
      const inOrder = parts[0]?.type === 'sources' && parts.at(-1)?.type === 'result' && !types.has('result')
      if (inOrder && textOf(parts).startsWith(fact.text)) seen.whole++
      else seen.wrong.push(`${key}: ${JSON.stringify(parts)}`)
    } catch (error) {
      seen.wrong.push(`${key}: ${String(error)}`)
    } finally {
      await client.close()
    }
  }

  async function ask(client: number): Promise<void> {
    for (let i = 0; !ended; i++) {
      await read(FACTS[(client * 7 + i) % FACTS.length] as Fact, `${name}-${client}-${i}`)
    }
  }

  const all = Promise.all(Array.from({ length: clients }, (_, client) => ask(client)))
  return {
    async end() {
      ended = true
      await all
      return seen
    },
  }
}
