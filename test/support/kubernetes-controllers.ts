import type { KubernetesStore, Stored } from './kubernetes-store.ts'

const DEPLOYMENTS = '/deployments'
const AUTOSCALERS = '/horizontalpodautoscalers'

/** What the controllers of a cluster do, as far as it matters: pods are there at once, as many as autoscaler or Deployment say. */
export function runControllers(store: KubernetesStore): () => void {
  function settle(collection: string, name: string): void {
    const deployment = store.get(collection, name)
    if (!deployment || deployment.metadata.deletionTimestamp) return
    const replicas = Number(deployment.spec?.replicas ?? leastOf(collection, name) ?? 1)
    const scaled = Math.max(replicas, replicas === 0 ? 0 : (leastOf(collection, name) ?? replicas))
    const next: Stored = {
      ...deployment,
      spec: { ...deployment.spec, replicas: scaled },
      status: { replicas: scaled, readyReplicas: scaled },
    }
    store.replace(collection, next, 'kube-controller-manager')
  }

  function leastOf(collection: string, name: string): number | undefined {
    const place = collection.replace('/apps/v1/', '/autoscaling/v2/').replace(DEPLOYMENTS, AUTOSCALERS)
    const scaler = store
      .list(place)
      .find(({ spec }) => (spec?.scaleTargetRef as { name?: string })?.name === name)
    return scaler && Number(scaler.spec?.minReplicas)
  }

  return store.follow(({ type, collection, object }) => {
    if (type === 'DELETED') return
    if (collection.endsWith(DEPLOYMENTS)) settle(collection, object.metadata.name)
    if (collection.endsWith(AUTOSCALERS)) {
      const place = collection.replace('/autoscaling/v2/', '/apps/v1/').replace(AUTOSCALERS, DEPLOYMENTS)
      const target = object.spec?.scaleTargetRef as { name: string } | undefined
      if (target) settle(place, target.name)
    }
  })
}
