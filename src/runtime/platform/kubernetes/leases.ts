import type { Cluster } from './cluster.ts'
import { isRefusal, told } from './objects.ts'
import { apiVersionOf, type KubernetesObject, pathOf } from './resources.ts'

interface LeaseSpec {
  holderIdentity?: string
  leaseDurationSeconds?: number
  acquireTime?: string
  renewTime?: string
  leaseTransitions?: number
}
type Lease = KubernetesObject<LeaseSpec>

export interface LeaseOptions {
  cluster: Cluster
  name: string
  /** Who we are; unique among all that want it. */
  identity: string
  /** Milliseconds after its last renewal at which others may take it. */
  duration: number
  /** Milliseconds of a clock that never goes back. */
  now?: () => number
}

/** A lease of the API (coordination.k8s.io/v1). All methods throw KUBERNETES_UNREACHABLE and KUBERNETES_REFUSED. */
export interface HeldLease {
  /**
   * Takes the lease, or renews it.
   * @returns how often it has changed hands, which only grows; undefined while it is another's
   */
  hold(signal?: AbortSignal): Promise<number | undefined>
  /** Gives it up, so that another may have it at once. */
  release(): Promise<void>
}

/**
 * Every change is made to the version that was read, so that of several who try only one can win. Whether another's lease has
 * run out is judged by how long we have seen it unchanged: clocks of machines may differ.
 */
export function createLease(options: LeaseOptions): HeldLease {
  const { cluster, name, identity, duration, now = () => performance.now() } = options
  const path = pathOf('Lease', cluster.namespace, name)
  let seen = { version: '', at: 0 }

  async function read(signal?: AbortSignal): Promise<Lease | undefined> {
    try {
      return await cluster.call<Lease>({ method: 'GET', path, signal })
    } catch (error) {
      if (isRefusal(error, 404)) return undefined
      throw error
    }
  }

  function isFree({ spec = {}, metadata: { resourceVersion = '' } }: Lease): boolean {
    if (seen.version !== resourceVersion) seen = { version: resourceVersion, at: now() }
    if (!spec.holderIdentity || spec.holderIdentity === identity) return true
    const length = spec.leaseDurationSeconds === undefined ? duration : spec.leaseDurationSeconds * 1_000
    return now() - seen.at >= length
  }

  function toSpec(old: LeaseSpec | undefined): LeaseSpec {
    const mine = old?.holderIdentity === identity
    const time = new Date().toISOString().replace('Z', '000Z') // the API wants microseconds
    return {
      holderIdentity: identity,
      leaseDurationSeconds: Math.max(1, Math.ceil(duration / 1_000)),
      acquireTime: (mine && old?.acquireTime) || time,
      renewTime: time,
      leaseTransitions: (old?.leaseTransitions ?? 0) + (mine ? 0 : 1),
    }
  }

  async function write(old: Lease | undefined, spec: LeaseSpec, signal?: AbortSignal): Promise<boolean> {
    const { namespace } = cluster
    const fresh = { apiVersion: apiVersionOf('Lease'), kind: 'Lease', metadata: { name, namespace } }
    try {
      const body = { ...(old ?? fresh), spec }
      if (old) await cluster.call({ method: 'PUT', path, body, signal })
      else await cluster.call({ method: 'POST', path: pathOf('Lease', namespace), body, signal })
      return true
    } catch (error) {
      if (isRefusal(error, 409)) return false // somebody was faster
      throw error
    }
  }

  return {
    hold: (signal) =>
      told(async () => {
        const old = await read(signal)
        if (old && !isFree(old)) return undefined
        const spec = toSpec(old?.spec)
        return (await write(old, spec, signal)) ? spec.leaseTransitions : undefined
      }),
    release: () =>
      told(async () => {
        const old = await read()
        if (old?.spec?.holderIdentity !== identity) return
        const { holderIdentity: _, ...spec } = old.spec
        await write(old, { ...spec, leaseDurationSeconds: 1 })
      }),
  }
}
