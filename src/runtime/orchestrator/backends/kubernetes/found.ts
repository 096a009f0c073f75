import type { KubernetesObject } from '../../../platform/kubernetes/index.ts'
import type { FoundFeature } from '../../backend.ts'
import type { FeatureSettings } from '../../feature.ts'
import { FEATURE_ANNOTATION, OWN, SETTINGS_ANNOTATION } from './marks.ts'

/** The objects of a feature, as far as they are there. */
export interface Found {
  Deployment: KubernetesObject | undefined
  Service: KubernetesObject | undefined
  HorizontalPodAutoscaler: KubernetesObject | undefined
}

/** The feature that an object of ours belongs to. */
export function featureOf({ metadata }: KubernetesObject): string | undefined {
  return metadata.annotations?.[FEATURE_ANNOTATION]
}

export function isOwn(object: KubernetesObject, feature: string): boolean {
  const labels = object.metadata.labels ?? {}
  // A hand may have taken away one of the labels: the other, or the annotation, tells as well.
  const isOurs = Object.entries(OWN).some(([name, value]) => name !== 'app' && labels[name] === value)
  return isOurs || featureOf(object) === feature
}

interface DeploymentStatus {
  conditions?: { type: string; status: string; message?: string }[]
  replicas?: number
  readyReplicas?: number
}

/** Undefined when there is nothing of it. */
export function toFound(feature: string, found: Found): FoundFeature | undefined {
  const objects = Object.values(found).filter((object) => object !== undefined)
  if (objects.length === 0) return undefined
  const status = (found.Deployment?.status ?? {}) as DeploymentStatus
  const { replicas = 0, readyReplicas = 0 } = status
  const problem = problemIn(status)
  return {
    feature,
    settings: objects.map(settingsIn).find((settings) => settings !== undefined),
    replicas,
    ready: readyReplicas,
    ...(problem === undefined ? {} : { problem }),
    leaving: objects.every(({ metadata }) => metadata.deletionTimestamp !== undefined),
  }
}

/**
 * The number is the autoscaler's, which leaves alone what has been set to 0. That becomes 1, as it does where nobody says
 * anything: the next time this is no longer said, and must change nothing then.
 */
export function replicasFor({ Deployment: deployment }: Found): number | undefined {
  return (deployment?.spec as { replicas?: number } | undefined)?.replicas === 0 ? 1 : undefined
}

/** Pods that may not be made, or that have not become ready in the time that a Deployment gives them. */
function problemIn({ conditions = [] }: DeploymentStatus): string | undefined {
  const bad = conditions.find(
    ({ type, status }) =>
      (type === 'ReplicaFailure' && status === 'True') || (type === 'Progressing' && status === 'False'),
  )
  return bad && (bad.message ?? bad.type)
}

/** Anybody may have written there. */
function settingsIn({ metadata }: KubernetesObject): FeatureSettings | undefined {
  try {
    const { min, max, idleTimeout } = JSON.parse(metadata.annotations?.[SETTINGS_ANNOTATION] ?? '{}')
    const numbers = [min, max, idleTimeout]
    return numbers.every(Number.isFinite) && min >= 1 && max >= min ? { min, max, idleTimeout } : undefined
  } catch {
    return undefined
  }
}
