import { hostname } from 'node:os'
import type { Logger } from '../../kernel/index.ts'
import type { RedisClient } from '../../platform/redis/index.ts'
import type { FeatureBackend } from '../backend.ts'
import type { Lock } from '../election/lock.ts'
import { createRedisLock } from '../election/redis-lock.ts'
import { orchestratorError } from '../errors.ts'
import type { OrchestratorOptions } from '../options.ts'

/** Where workers run, and what says who may lead there. */
export interface Place {
  backend: FeatureBackend
  lock: Lock
}

/** Name of the lease of the API. */
const LEASE = 'agentctl-orchestrator'

/**
 * The place that the options name.
 * @throws AgentctlError FEATURE_BACKEND_MISSING, KUBERNETES_CONFIG_INVALID
 */
export async function openPlace(
  options: OrchestratorOptions,
  { redis, name, log }: { redis: RedisClient; name: string; log: Logger },
): Promise<Place> {
  const { serveSocket: socket, leaseDuration: duration } = options
  const identity = `${name}/${hostname()}/${process.pid}/${Math.random().toString(36).slice(2, 8)}`
  if (options.backend === 'local' || (options.backend === 'auto' && socket !== undefined)) {
    if (socket === undefined)
      throw orchestratorError(
        'FEATURE_BACKEND_MISSING',
        'no `agentctl serve` runs here that could start workers',
        {
          field: 'serveSocket',
        },
      )
    const { createLocalBackend } = await import('./local.ts')
    return { backend: createLocalBackend({ socket, log }), lock: createRedisLock(redis, identity, duration) }
  }
  const { createLease, openCluster } = await import('../../platform/kubernetes/index.ts')
  const { createKubernetesBackend } = await import('./kubernetes/backend.ts')
  const { kubeconfig, kubeContext: context, namespace } = options
  const cluster = await openCluster({ kubeconfig, context, namespace })
  const template = { image: options.workerImage, connectionsSecret: options.connectionsSecret }
  return {
    backend: createKubernetesBackend({ cluster, template, log }),
    lock: createLease({ cluster, name: LEASE, identity, duration }),
  }
}
