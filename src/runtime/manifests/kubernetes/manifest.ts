import type { Unit } from '../unit.ts'

/** An object of the Kubernetes API, as it is applied. */
export interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Labels
    readonly annotations?: Labels
  }
  readonly [field: string]: unknown
}

export type Labels = Readonly<Record<string, string>>

/** How the whole system is rendered. */
export interface KubernetesOptions {
  /** Image of every container, with its tag. */
  image: string
  /** Where everything goes; without it, where `kubectl` points at. */
  namespace?: string | undefined
  /** Scale by what waits in Redis, with KEDA, instead of by CPU alone. */
  keda: boolean
}

/** What all units are known by together. */
export const SYSTEM: Labels = { 'app.kubernetes.io/name': 'agentctl' }

/** What selects the pods of one unit; it may never change, since a Deployment cannot select others later. */
export function selectorOf({ name }: Pick<Unit, 'name'>): Labels {
  return { ...SYSTEM, 'app.kubernetes.io/component': name }
}

export function metadataOf(unit: Pick<Unit, 'name'>, name = unit.name) {
  return { name, labels: { ...selectorOf(unit), ...MANAGED } }
}

/** The same of what belongs to no unit. */
export function commonMetadata(name: string) {
  return { name, labels: { ...SYSTEM, ...MANAGED } }
}

const MANAGED: Labels = {
  'app.kubernetes.io/part-of': 'agentctl',
  'app.kubernetes.io/managed-by': 'agentctl-export',
}

/** Fewest and most replicas where their number follows the load. */
export function boundsOf({ replicas }: Unit): { min: number; max: number } {
  return { min: replicas, max: Math.max(4, replicas * 4) }
}
