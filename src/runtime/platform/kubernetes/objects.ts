import { messageOf } from '../../kernel/index.ts'
import { ApiRefusal, type Cluster } from './cluster.ts'
import { kubernetesError } from './errors.ts'
import { apiVersionOf, type Kind, type KubernetesObject, pathOf } from './resources.ts'

export interface ObjectList<T> {
  items: T[]
  /** Where a watch goes on that is to miss nothing. */
  resourceVersion: string
}

/** Reads and changes the objects of one namespace. All methods throw KUBERNETES_UNREACHABLE and KUBERNETES_REFUSED. */
export interface Objects {
  readonly namespace: string
  get<T extends KubernetesObject>(kind: Kind, name: string, signal?: AbortSignal): Promise<T | undefined>
  /** All that have these labels, however many pages that takes. */
  list<T extends KubernetesObject>(kind: Kind, labels: string, signal?: AbortSignal): Promise<ObjectList<T>>
  /**
   * Server-side apply: makes the fields that `object` has as they are there, and leaves all others alone. A field that
   * somebody else manages is taken over from them.
   * @returns the object, and who had to give up fields
   */
  apply<T extends KubernetesObject>(
    kind: Kind,
    object: KubernetesObject,
    signal?: AbortSignal,
  ): Promise<{ object: T; conflict?: string }>
  /** Removes one object unless it has been made anew meanwhile; false when it is not there. */
  remove(kind: Kind, object: KubernetesObject, signal?: AbortSignal): Promise<boolean>
}

/** Who manages the fields that we apply. */
export const FIELD_MANAGER = 'agentctl-orchestrator'
const APPLY = 'application/apply-patch+yaml'
const PAGE = 500
/** Pages of a list expire when they are read too slowly: it is then read from its beginning. */
const MAX_ATTEMPTS = 3

export function openObjects(cluster: Cluster): Objects {
  const { namespace } = cluster

  async function listOnce<T extends KubernetesObject>(
    kind: Kind,
    labelSelector: string,
    signal: AbortSignal | undefined,
  ): Promise<ObjectList<T>> {
    const items: T[] = []
    for (let page: string | undefined; ; ) {
      const query = { labelSelector, limit: PAGE, continue: page }
      const path = pathOf(kind, namespace)
      const answer = await cluster.call<ListAnswer<T>>({ method: 'GET', path, query, signal })
      // Lists leave out what is the same for all their items.
      items.push(...answer.items.map((item) => ({ ...item, kind, apiVersion: apiVersionOf(kind) })))
      page = answer.metadata.continue || undefined
      if (page === undefined) return { items, resourceVersion: answer.metadata.resourceVersion }
    }
  }

  const patch = <T>(kind: Kind, object: KubernetesObject, force: boolean, signal?: AbortSignal) =>
    cluster.call<T>({
      method: 'PATCH',
      path: pathOf(kind, namespace, object.metadata.name),
      query: { fieldManager: FIELD_MANAGER, force },
      type: APPLY,
      body: object,
      signal,
    })

  return {
    namespace,
    get: (kind, name, signal) =>
      told(() =>
        unlessMissing(() => cluster.call({ method: 'GET', path: pathOf(kind, namespace, name), signal })),
      ),
    list: (kind, labels, signal) =>
      told(async () => {
        for (let attempt = 1; ; attempt++) {
          try {
            return await listOnce(kind, labels, signal)
          } catch (error) {
            if (!isRefusal(error, 410) || attempt >= MAX_ATTEMPTS) throw error
          }
        }
      }),
    apply: <T extends KubernetesObject>(kind: Kind, object: KubernetesObject, signal?: AbortSignal) =>
      told(async () => {
        try {
          return { object: await patch<T>(kind, object, false, signal) }
        } catch (error) {
          if (!isRefusal(error, 409)) throw error
          // Only fields that we set are in the body: nothing else can be taken from anybody.
          return { object: await patch<T>(kind, object, true, signal), conflict: messageOf(error) }
        }
      }),
    remove: (kind, { metadata: { name, uid } }, signal) =>
      told(async () => {
        const body = {
          ...(uid === undefined ? {} : { preconditions: { uid } }),
          propagationPolicy: 'Background',
        }
        const path = pathOf(kind, namespace, name)
        return (
          (await unlessMissing(() => cluster.call({ method: 'DELETE', path, body, signal }))) !== undefined
        )
      }),
  }
}

interface ListAnswer<T> {
  items: T[]
  metadata: { resourceVersion: string; continue?: string }
}

export function isRefusal(error: unknown, code: number): boolean {
  return error instanceof ApiRefusal && error.code === code
}

async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (isRefusal(error, 404)) return undefined
    throw error
  }
}

/** Refusals become errors that people understand. */
export async function told<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof ApiRefusal)) throw error
    throw kubernetesError('KUBERNETES_REFUSED', `${error.code} ${error.reason} ${error.message}`, {
      cause: error,
    })
  }
}
