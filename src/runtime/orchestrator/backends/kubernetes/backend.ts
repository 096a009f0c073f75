import type { Logger } from '../../../kernel/index.ts'
import {
  type Cluster,
  type Kind,
  type KubernetesObject,
  openObjects,
  watchObjects,
} from '../../../platform/kubernetes/index.ts'
import type { FeatureBackend } from '../../backend.ts'
import { orchestratorError } from '../../errors.ts'
import type { WorkerTemplate } from './deployment.ts'
import { type Found, featureOf, isOwn, replicasFor, toFound } from './found.ts'
import { manifestsOf } from './manifests.ts'
import { OWN } from './marks.ts'
import { namesOf } from './names.ts'

export interface KubernetesBackendOptions {
  cluster: Cluster
  template: WorkerTemplate
  log: Logger
}

const KINDS = ['Deployment', 'Service', 'HorizontalPodAutoscaler'] as const satisfies readonly Kind[]
const SELECTOR = Object.entries(OWN)
  .map(([name, value]) => `${name}=${value}`)
  .join(',')

/** A feature is a Deployment of workers, a Service and an autoscaler. Closes the cluster when it is closed. */
export function createKubernetesBackend({
  cluster,
  template,
  log,
}: KubernetesBackendOptions): FeatureBackend {
  const objects = openObjects(cluster)

  async function find(feature: string, signal?: AbortSignal): Promise<Found> {
    const { deployment, service, autoscaler } = namesOf(feature)
    const [first, second, third] = await Promise.all([
      objects.get('Deployment', deployment, signal),
      objects.get('Service', service, signal),
      objects.get('HorizontalPodAutoscaler', autoscaler, signal),
    ])
    return { Deployment: first, Service: second, HorizontalPodAutoscaler: third }
  }

  /** All of it: what bears its label, and what bears its name though a hand has taken the label away. */
  async function ownObjects(feature: string, signal: AbortSignal): Promise<KubernetesObject[]> {
    const labels = `${SELECTOR},feature=${namesOf(feature).label}`
    const lists = await Promise.all(KINDS.map((kind) => objects.list(kind, labels, signal)))
    const labelled = lists.flatMap(({ items }) => items).filter((item) => featureOf(item) === feature)
    const named = Object.values(await find(feature, signal)).filter(
      (object) => object && isOwn(object, feature),
    )
    const all = [...labelled, ...(named as KubernetesObject[])]
    return [...new Map(all.map((object) => [`${object.kind}/${object.metadata.name}`, object])).values()]
  }

  /** What somebody else has made is not for us to change, whatever it is called. */
  function checkOwner(feature: string, found: Found): void {
    for (const object of Object.values(found)) {
      if (object === undefined || isOwn(object, feature)) continue
      const { kind, metadata } = object
      throw orchestratorError(
        'FEATURE_FOREIGN',
        `${kind} ${metadata.name} in namespace ${objects.namespace} is not of the feature "${feature}"`,
      )
    }
  }

  return {
    name: 'kubernetes',
    async apply(feature, settings, { signal }) {
      const found = await find(feature, signal)
      checkOwner(feature, found)
      const replicas = replicasFor(found)
      const applied: Partial<Record<Kind, KubernetesObject>> = {}
      for (const { kind, object } of manifestsOf(feature, settings, template, replicas)) {
        signal.throwIfAborted()
        const { object: made, conflict } = await objects.apply(kind, object, signal)
        if (conflict !== undefined) log.warn({ feature, kind, conflict }, 'fields were taken back')
        applied[kind] = made
      }
      const state = toFound(feature, { ...found, ...applied })
      return state ?? { feature, settings, replicas: 0, ready: 0, leaving: false }
    },
    async remove(feature, { signal }) {
      const left = await ownObjects(feature, signal)
      for (const object of left.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
        signal.throwIfAborted()
        await objects.remove(object.kind as Kind, object, signal)
      }
      // Deleted is not gone: only the next look tells.
      return left.length === 0
    },
    async get(feature, signal) {
      const found = await find(feature, signal)
      const own = Object.entries(found).filter(([, object]) => object && isOwn(object, feature))
      return toFound(feature, Object.fromEntries(own) as Found)
    },
    async list(signal) {
      const lists = await Promise.all(KINDS.map((kind) => objects.list(kind, SELECTOR, signal)))
      const features = lists.flatMap(({ items }) => items.map(featureOf))
      return [...new Set(features.filter((feature) => feature !== undefined))]
    },
    async watch(onChange, signal) {
      const watch = (kind: Kind) =>
        watchObjects({
          ...{ cluster, objects, kind, labels: SELECTOR, signal, log },
          onChange: (object) => onChange(featureOf(object)),
          onLost: () => onChange(undefined),
        })
      await Promise.all(KINDS.map(watch))
    },
    ping: () => cluster.call({ method: 'GET', path: '/version' }),
    close: () => cluster.close(),
  }
}
