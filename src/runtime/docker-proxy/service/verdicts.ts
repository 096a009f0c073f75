import { AgentctlError, type Logger, messageOf } from '../../kernel/index.ts'
import type { Metrics } from '../../platform/metrics/index.ts'

/** Tells of what was let through and what was not, in the log and in the metrics. */
export interface Verdicts {
  /** Whatever was asked for, by a name of ours. */
  allowed(route: string): void
  /** @returns the status and the body, as dockerd words its own refusals */
  failed(request: { method?: string | undefined; url?: string | undefined }, error: unknown): Failure
}

export interface Failure {
  status: number
  body: string
}

const MAX_SHOWN = 256
/** Characters of a message: it may quote what was sent. */
const MAX_MESSAGE = 1_024
const BAD_GATEWAY = 502

export function createVerdicts(metrics: Metrics, log: Logger): Verdicts {
  const requests = metrics.counter(
    'docker_proxy_requests_total',
    'Requests to the Docker proxy, by what was asked for and whether it was allowed',
    ['route', 'verdict'],
  )
  return {
    allowed: (route) => requests.inc({ route, verdict: 'allowed' }),
    failed({ method, url }, error) {
      const status = statusOf(error)
      const isRefusal = status < 500
      requests.inc({ route: 'other', verdict: isRefusal ? 'refused' : 'failed' })
      const message = messageOf(error).slice(0, MAX_MESSAGE)
      log.warn(
        { method, url: url?.slice(0, MAX_SHOWN), status },
        `${isRefusal ? 'refused' : 'failed'}: ${message}`,
      )
      return { status, body: JSON.stringify({ message: `agentctl docker-proxy: ${message}` }) }
    },
  }
}

function statusOf(error: unknown): number {
  if (!(error instanceof AgentctlError)) return 500
  return error.code.startsWith('DOCKER_PROXY') ? error.status : BAD_GATEWAY
}
