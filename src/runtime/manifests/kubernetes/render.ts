import type { Unit } from '../unit.ts'
import { accessOf } from './access.ts'
import { asExternal, SETTINGS } from './environment.ts'
import { redisAuthentication, scaledObjectOf } from './keda.ts'
import { commonMetadata, type KubernetesOptions, type Manifest } from './manifest.ts'
import { closedNetwork, policyOf } from './network.ts'
import { autoscalerOf, deploymentOf, disruptionBudgetOf, serviceOf } from './workload.ts'

/** Manifests that belong into one file. */
export interface ManifestFile {
  /** Such as `gateway.yaml`. */
  readonly name: string
  readonly summary: string
  readonly manifests: readonly Manifest[]
}

/** The whole system, apart from Redis, PostgreSQL and Qdrant: what all share first, then one file for each unit. */
export async function renderKubernetes(
  all: readonly Unit[],
  options: KubernetesOptions,
): Promise<ManifestFile[]> {
  const units = all.map(asExternal)
  const { namespace, keda } = options
  const files: ManifestFile[] = [
    {
      name: 'settings.yaml',
      summary: 'Settings that all units take from here, each under its name as a variable',
      manifests: [settings()],
    },
    {
      name: 'access.yaml',
      summary: 'Accounts of the pods, and what they may do in the cluster',
      manifests: accessOf(units, namespace),
    },
    {
      name: 'network.yaml',
      summary: 'No pod reaches another, or is reached, unless its own policy says so',
      manifests: [closedNetwork()],
    },
  ]
  if (keda)
    files.push({
      name: 'keda.yaml',
      summary: 'How KEDA reaches Redis',
      manifests: [redisAuthentication()],
    })
  for (const unit of units) files.push(await fileOf(unit, units, options))
  return files.map((file) => ({ ...file, manifests: file.manifests.map((one) => within(one, namespace)) }))
}

async function fileOf(unit: Unit, units: readonly Unit[], options: KubernetesOptions): Promise<ManifestFile> {
  return {
    name: `${unit.name}.yaml`,
    summary: unit.summary,
    manifests: [
      deploymentOf(unit, options),
      ...serviceOf(unit),
      ...(await scalingOf(unit, options)),
      ...disruptionBudgetOf(unit),
      policyOf(unit, units),
    ],
  }
}

async function scalingOf(unit: Unit, { keda }: KubernetesOptions): Promise<Manifest[]> {
  if (!keda || !unit.scales) return autoscalerOf(unit)
  // Names of queues come from the rooms that have them, which are not worth loading for the rest.
  const { triggersOf } = await import('./triggers.ts')
  const triggers = await triggersOf(unit)
  return triggers.length === 0 ? autoscalerOf(unit) : [scaledObjectOf(unit, triggers)]
}

function settings(): Manifest {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: commonMetadata(SETTINGS),
    data: { AGENTCTL_LOG_LEVEL: 'info' },
  }
}

function within(manifest: Manifest, namespace: string | undefined): Manifest {
  if (namespace === undefined) return manifest
  const { name, ...rest } = manifest.metadata
  return { ...manifest, metadata: { name, namespace, ...rest } }
}
