/** The kinds of objects that are used, and where the API has them. */
const KINDS = {
  Deployment: { apiVersion: 'apps/v1', plural: 'deployments' },
  Service: { apiVersion: 'v1', plural: 'services' },
  HorizontalPodAutoscaler: { apiVersion: 'autoscaling/v2', plural: 'horizontalpodautoscalers' },
  Lease: { apiVersion: 'coordination.k8s.io/v1', plural: 'leases' },
} as const

export type Kind = keyof typeof KINDS

export interface ObjectMeta {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  deletionTimestamp?: string
}

/** Any object of the API. What `spec` and `status` hold depends on its kind. */
export interface KubernetesObject<S extends object = object, T extends object = object> {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
  spec?: S
  status?: T
}

export function apiVersionOf(kind: Kind): string {
  return KINDS[kind].apiVersion
}

/** Path of a collection, or of one object in it. */
export function pathOf(kind: Kind, namespace: string, name?: string): string {
  const { apiVersion, plural } = KINDS[kind]
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`
  const collection = `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`
  return name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`
}
