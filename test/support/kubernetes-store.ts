import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject } from '../../src/runtime/platform/kubernetes/index.ts'
import { applyFields, noteOwners, type Owners } from './kubernetes-apply.ts'

export type Stored = KubernetesObject<Record<string, unknown>, Record<string, unknown>>

export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  collection: string
  version: number
  object: Stored
}

export class Refusal extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

/** Objects by collection (a path of the API) and name, with versions, owners of fields, and a history that can be forgotten. */
export function createKubernetesStore() {
  const objects = new Map<string, Stored>()
  const owners = new Map<string, Owners>()
  const history: Change[] = []
  const listeners = new Set<(change: Change) => void>()
  let version = 100
  let oldest = 0

  const key = (collection: string, name: string) => `${collection}/${name}`

  function write(collection: string, object: Stored, type: Change['type']): Stored {
    version++
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } }
    const at = key(collection, object.metadata.name)
    if (type === 'DELETED') {
      objects.delete(at)
      owners.delete(at)
    } else objects.set(at, stored)
    const change: Change = { type, collection, version, object: structuredClone(stored) }
    history.push(change)
    for (const listener of listeners) listener(change)
    return stored
  }

  function ownersOf(at: string): Owners {
    const known = owners.get(at) ?? new Map()
    owners.set(at, known)
    return known
  }

  function get(collection: string, name: string): Stored | undefined {
    return structuredClone(objects.get(key(collection, name)))
  }

  function demand(collection: string, name: string): Stored {
    const found = get(collection, name)
    if (found) return found
    throw new Refusal(404, 'NotFound', `${collection.split('/').at(-1)} "${name}" not found`)
  }

  function fresh(object: Stored, namespace: string): Stored {
    return { ...object, metadata: { ...object.metadata, namespace, uid: randomUUID() } }
  }

  return {
    get,
    demand,
    get version() {
      return version
    },
    list: (collection: string) =>
      [...objects]
        .filter(([at]) => at.slice(0, at.lastIndexOf('/')) === collection)
        .map(([, one]) => structuredClone(one)),
    create(collection: string, object: Stored, namespace: string, manager: string): Stored {
      const { name } = object.metadata
      if (get(collection, name)) throw new Refusal(409, 'AlreadyExists', `"${name}" already exists`)
      noteOwners({}, { ...object }, ownersOf(key(collection, name)), manager)
      return write(collection, fresh(object, namespace), 'ADDED')
    },
    /** As PUT does: only at the version that was read, where one is given. */
    replace(collection: string, object: Stored, manager: string): Stored {
      const { name, resourceVersion } = object.metadata
      const old = demand(collection, name)
      if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion)
        throw new Refusal(
          409,
          'Conflict',
          `the object "${name}" has been modified; please apply your changes to the latest version`,
        )
      noteOwners({ ...old }, { ...object }, ownersOf(key(collection, name)), manager)
      return isDeepStrictEqual(old, object) ? old : write(collection, object, 'MODIFIED')
    },
    apply(collection: string, wanted: Stored, namespace: string, manager: string, force: boolean): Stored {
      const at = key(collection, wanted.metadata.name)
      const old = get(collection, wanted.metadata.name)
      const { apiVersion, kind, metadata } = wanted
      const base = old ?? fresh({ apiVersion, kind, metadata: { name: metadata.name } }, namespace)
      const object = applyFields(
        { ...base },
        ownersOf(at),
        manager,
        { ...wanted },
        force,
      ) as unknown as Stored
      if (!old) return write(collection, object, 'ADDED')
      return isDeepStrictEqual(old, object) ? old : write(collection, object, 'MODIFIED')
    },
    remove(collection: string, name: string, uid?: string): Stored {
      const old = demand(collection, name)
      if (uid !== undefined && uid !== old.metadata.uid)
        throw new Refusal(
          409,
          'Conflict',
          `the UID in the precondition (${uid}) does not match that of "${name}"`,
        )
      return write(collection, old, 'DELETED')
    },
    /** What has happened since; undefined when that is forgotten. */
    since(collection: string, from: number): Change[] | undefined {
      if (from < oldest) return undefined
      return history.filter((change) => change.collection === collection && change.version > from)
    },
    /** Forgets what has happened so far. */
    compact() {
      version++
      oldest = version
    },
    follow(listener: (change: Change) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

export type KubernetesStore = ReturnType<typeof createKubernetesStore>
