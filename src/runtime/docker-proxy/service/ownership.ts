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
  forget(id: string): void
}

/** As many full ids are remembered as ours; any more are looked up again. */
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

  function add(id: string): void {
    known.add(id)
    const [oldest] = known
    if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
  }

  async function inspect(container: string): Promise<Inspected | undefined> {
    const answer = await engine.call({ method: 'GET', path: `/containers/${container}/json` })
    const body = await text(answer)
    return answer.statusCode === 200 ? (JSON.parse(body) as Inspected) : undefined
  }

  return {
    async find(container) {
      if (known.has(container)) return container
      const found = await inspect(container)
      if (!found) return undefined
      if (!isOurs(found)) throw refused('the container is not one of agentctl')
      add(found.Id)
      return found.Id
    },
    add(id) {
      if (FULL_ID.test(id)) add(id)
    },
    forget: (id) => void known.delete(id),
  }
}

function isOurs({ Name, Config }: Inspected): boolean {
  return CONTAINER_NAME.test(Name.replace(/^\//, '')) && Config?.Labels?.[LABELS.deadline] !== undefined
}
