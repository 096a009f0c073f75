import type { Unit } from '../unit.ts'
import { CONNECTIONS } from './environment.ts'
import { boundsOf, commonMetadata, type Manifest, metadataOf } from './manifest.ts'
import type { Trigger } from './triggers.ts'

const API = 'keda.sh/v1alpha1'
const AUTHENTICATION = 'agentctl-redis'
/** Seconds between two looks, and of calm before there are fewer pods. */
const LOOK = 15
const CALM = 300

/** How KEDA reaches Redis: it takes no URL, but these keys of the Secret with the connections. */
export const KEDA_KEYS = {
  address: 'REDIS_ADDRESS',
  username: 'REDIS_USERNAME',
  password: 'REDIS_PASSWORD',
} as const

export function redisAuthentication(): Manifest {
  return {
    apiVersion: API,
    kind: 'TriggerAuthentication',
    metadata: commonMetadata(AUTHENTICATION),
    spec: {
      secretTargetRef: Object.entries(KEDA_KEYS).map(([parameter, key]) => ({
        parameter,
        name: CONNECTIONS,
        key,
      })),
    },
  }
}

/** As many pods as the longest of the queues asks for. It makes an autoscaler itself, so that there is no other beside it. */
export function scaledObjectOf(unit: Unit, triggers: readonly Trigger[]): Manifest {
  const { min, max } = boundsOf(unit)
  return {
    apiVersion: API,
    kind: 'ScaledObject',
    metadata: metadataOf(unit),
    spec: {
      scaleTargetRef: { name: unit.name },
      minReplicaCount: min,
      maxReplicaCount: max,
      pollingInterval: LOOK,
      // Not cooldownPeriod, which is for the step from one pod to none.
      advanced: {
        horizontalPodAutoscalerConfig: {
          behavior: { scaleDown: { stabilizationWindowSeconds: CALM } },
        },
      },
      triggers: triggers.map((trigger) => ({ ...trigger, authenticationRef: { name: AUTHENTICATION } })),
    },
  }
}
