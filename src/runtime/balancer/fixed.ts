import { formatDuration } from '../kernel/index.ts'
import {
  type Breaker,
  type BreakerOptions,
  type Clock,
  createBreaker,
  type Permit,
} from '../resilience/index.ts'
import type { AcquireOptions, Balancer, Lease, Outcome } from './balancer.ts'
import { BREAKER } from './breaker.ts'
import { balancerError } from './errors.ts'
import { replicaUrl } from './url.ts'

export interface FixedReplicasOptions extends Partial<Omit<BreakerOptions, 'clock' | 'random'>> {
  clock: Clock
  /** From 0 to below 1. */
  random: () => number
}

interface Replica {
  url: string
  breaker: Breaker
  /** Requests under way, of this process. */
  load: number
}

/** Milliseconds after which to ask again about a replica that somebody is trying at the moment. */
const TRYING = 250

/**
 * Replicas given by hand, for a process that needs no Redis to find them: what it knows of them is its own. Takes the one
 * with the fewest requests under way; each has a breaker, with the times of the balancer's.
 * @throws AgentctlError BALANCER_URL_INVALID; `acquire` rejects with BALANCER_NO_REPLICA when all are out
 */
export function fixedReplicas(
  urls: readonly string[],
  { clock, random, ...given }: FixedReplicasOptions,
): Pick<Balancer, 'acquire'> {
  const breaker = {
    ...{ failures: BREAKER.failures, rate: BREAKER.share, minimum: BREAKER.requests },
    ...{ openFor: BREAKER.pause, longest: BREAKER.longest },
    ...{ successes: BREAKER.probes, probeTimeout: BREAKER.permit },
    ...given,
  }
  const replicas: Replica[] = [...new Set(urls.map(replicaUrl))].map((url) => {
    return { url, breaker: createBreaker({ clock, random, ...breaker }), load: 0 }
  })

  /** The best first; any of those that are equal. */
  function inOrder(avoid: readonly string[]): Replica[] {
    const from = Math.floor(random() * replicas.length)
    const turned = [...replicas.slice(from), ...replicas.slice(0, from)]
    const cost = ({ url, load }: Replica) => load + (avoid.includes(url) ? Number.MAX_SAFE_INTEGER : 0)
    return turned.sort((a, b) => cost(a) - cost(b))
  }

  return {
    async acquire({ avoid = [], signal }: AcquireOptions = {}) {
      signal?.throwIfAborted()
      for (const replica of inOrder(avoid)) {
        const permit = replica.breaker.enter()
        if (permit) return openLease(replica, permit)
      }
      throw noReplica(replicas)
    },
  }
}

function openLease(replica: Replica, permit: Permit): Lease {
  let open = true
  replica.load += 1
  return {
    url: replica.url,
    async release({ kind }: Outcome) {
      if (!open) return
      open = false
      replica.load -= 1
      if (kind === 'ok') permit.succeeded()
      else if (kind === 'failed') permit.failed()
      else permit.cancelled()
    },
  }
}

function noReplica(replicas: readonly Replica[]) {
  if (replicas.length === 0) return balancerError('BALANCER_NO_REPLICA', 'no replica is configured')
  const waits = replicas.map(({ breaker }) => (breaker.state() === 'open' ? breaker.remaining() : TRYING))
  const retryAfter = Math.max(1, Math.ceil(Math.min(...waits)))
  const urls = replicas.map(({ url }) => url).join(', ')
  const wait = `it is tried again in ${formatDuration(Math.ceil(retryAfter / 1_000) * 1_000)}`
  const detail = `${urls} has failed too often and is left alone; ${wait}`
  return balancerError('BALANCER_NO_REPLICA', detail, { retryAfter })
}
