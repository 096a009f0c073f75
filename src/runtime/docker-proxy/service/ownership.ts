import { text } from 'node:stream/consumers'
import type { Engine } from '../../platform/engine/index.ts'
import { CONTAINER_NAME, LABELS } from '../contract.ts'
import { refused } from '../errors.ts'

/** Tells containers of ours from all others. */
export interface Ownership {
  /**
   * The full id of a container of ours, given by id or name; undefined when there is none.
   * @throws AgentctlError DOCKER_PROXY_REFUSED when it is somebody else's; DOCKER_UNREACHABLE
   */
  find(container: string): Promise<string | undefined>
  /** One that was just made. */
  add(id: string): void
  /** One that is about to be taken away, by its full id: from now on nobody finds it. */
  forget(id: string): void
}

/** Milliseconds for the engine to say what a container is. */
const ANSWER_WITHIN = 60_000
/** As many full ids are remembered as ours, or as gone; any more are looked up again. */
const MAX_KNOWN = 4_096
const FULL_ID = /^[a-f0-9]{64}$/

interface Inspected {
  Id: string
  Name: string
  Config?: { Labels?: Record<string, string> | null }
}

/** Full ids are never given twice, so what is known of one stays true; names may be, and are looked up each time. */
export function createOwnership(engine: Engine): Ownership {
  const known = new Set<string>()
  const gone = new Set<string>()

  function remember(id: string, as: Set<string>): void {
    as.add(id)
    const [oldest] = as
    if (as.size > MAX_KNOWN && oldest !== undefined) as.delete(oldest)
  }

  async function inspect(container: string): Promise<Inspected | undefined> {
    const signal = AbortSignal.timeout(ANSWER_WITHIN)
    const answer = await engine.call({ method: 'GET', path: `/containers/${container}/json`, signal })
    const body = await text(answer)
    return answer.statusCode === 200 ? (JSON.parse(body) as Inspected) : undefined
  }

  return {
    async find(container) {
      if (known.has(container)) return container
      const found = await inspect(container)
      if (!found) return undefined
      if (!isOurs(found)) throw refused('the container is not one of agentctl')
      // Whoever ran a program in it must not take the way it is ended now for that of the program.
      if (gone.has(found.Id)) return undefined
      remember(found.Id, known)
      return found.Id
    },
    add(id) {
      if (FULL_ID.test(id)) remember(id, known)
    },
    forget(id) {
      known.delete(id)
      remember(id, gone)
    },
  }
}

function isOurs({ Name, Config }: Inspected): boolean {
  return CONTAINER_NAME.test(Name.replace(/^\//, '')) && Config?.Labels?.[LABELS.deadline] !== undefined
}
