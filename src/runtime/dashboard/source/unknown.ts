import { maskUrl } from '../../kernel/index.ts'
import type { ServeStatus } from '../../supervisor/index.ts'
import type { Unknown } from '../snapshot.ts'
import type { Refusal } from './scrape.ts'
import type { ServeView } from './serve-link.ts'

export interface Circumstances {
  serve: ServeView
  /** Folder in which a serve is looked for. */
  state: string
  /** Replicas of the serve that did not say what they measure. */
  mute: readonly string[]
  /** Services whose metrics could not be read. */
  refusals: readonly Refusal[]
}

/** What cannot be known as things are, besides what Redis does not tell. */
export function unknownOf(circumstances: Circumstances): Unknown[] {
  const { serve, mute, refusals } = circumstances
  if (serve.kind === 'up') return mute.filter((name) => isReady(serve.status, name)).map(ofMute)
  const { why, fix } = whyNoServe(circumstances)
  return [
    {
      pane: 'replicas',
      what: `${why}: of all that runs, only the services in a pool of the balancer are known`,
      fix,
    },
    {
      pane: 'latency',
      what: `${why}: latencies of workers and their stages are not known, only those that HTTP services tell`,
      fix: `${fix} What workers tell on --metrics-port is for Prometheus: nobody here knows the port.`,
    },
    { pane: 'logs', what: `${why}: no logs can be read`, fix },
    ...refusals.map(ofRefusal),
  ]
}

/** The same in one sentence, where there is room for no more. */
export function whyNoLogs(serve: ServeView, state: string): string | null {
  if (serve.kind === 'up') return null
  const { why, fix } = whyNoServe({ serve, state })
  return `${why}. ${fix}`
}

function whyNoServe({ serve, state }: Pick<Circumstances, 'serve' | 'state'>): { why: string; fix: string } {
  if (serve.kind === 'silent')
    return {
      why: `The serve in ${state} does not answer`,
      fix: 'Look at its process with `agentctl doctor`; `agentctl down` and `agentctl serve` start it anew.',
    }
  if (serve.kind === 'elsewhere')
    return {
      why: `The serve in ${state} works for another Redis, ${maskUrl(serve.redis)}`,
      fix: 'Look at that one by leaving --redis-url, REDIS_URL and the context out.',
    }
  return {
    why: `No serve runs in ${state}`,
    fix: 'Start one with `agentctl serve`, or name the folder of one that runs with --state-dir.',
  }
}

/** One that starts or stops has nothing to say. */
function isReady({ replicas }: ServeStatus, name: string): boolean {
  return replicas.some((replica) => replica.name === name && replica.state === 'ready')
}

function ofMute(replica: string): Unknown {
  return {
    pane: 'latency',
    what: `${replica} did not say what it measures`,
    fix: `See whether it is paused or overloaded with \`agentctl ps\` and \`agentctl logs ${replica}\`.`,
  }
}

function ofRefusal({ url, why }: Refusal): Unknown {
  return {
    pane: 'latency',
    what: `${maskUrl(url)}/metrics cannot be read: ${why}`,
    fix: 'Check that the service runs there; another gateway is named with --gateway-url.',
  }
}
