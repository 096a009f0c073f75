import { isDeepStrictEqual } from 'node:util'

type Tree = Record<string, unknown>

/** Who manages which fields: path of a leaf → manager. Lists are leaves, as a whole. */
export type Owners = Map<string, string>

/** Another manager has other values in fields that are to be applied. */
export class ApplyConflict extends Error {}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const SEPARATOR = '\u0000'

/** Paths and values of all leaves; what identifies an object, or is its server's, belongs to nobody. */
export function leavesOf(tree: Tree, prefix: readonly string[] = []): Map<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const [name, value] of Object.entries(tree)) {
    const path = [...prefix, name]
    if (isTree(value) && Object.keys(value).length > 0)
      for (const [leaf, at] of leavesOf(value, path)) leaves.set(leaf, at)
    else leaves.set(path.join(SEPARATOR), value)
  }
  return leaves
}

const IDENTITY = [
  'apiVersion',
  'kind',
  ...['name', 'namespace', 'uid', 'resourceVersion'].map((one) => `metadata${SEPARATOR}${one}`),
]

/**
 * Server-side apply: the fields of `wanted` are set and belong to `manager`; what it applied before and does not any more goes,
 * unless it has another owner.
 * @throws ApplyConflict unless `force`
 */
export function applyFields(
  object: Tree,
  owners: Owners,
  manager: string,
  wanted: Tree,
  force: boolean,
): Tree {
  const result = structuredClone(object)
  const leaves = [...leavesOf(wanted)].filter(([path]) => !IDENTITY.includes(path))
  const present = leavesOf(result)
  const conflicts = leaves.filter(([path, value]) => {
    const owner = owners.get(path)
    return owner !== undefined && owner !== manager && !isDeepStrictEqual(present.get(path), value)
  })
  if (conflicts.length > 0 && !force) {
    const list = conflicts.map(([path]) => `"${owners.get(path)}": .${path.replaceAll(SEPARATOR, '.')}`)
    throw new ApplyConflict(
      `Apply failed with ${conflicts.length} conflict: conflict with ${list.join(', ')}`,
    )
  }
  const paths = new Set(leaves.map(([path]) => path))
  for (const [path, owner] of owners) {
    if (owner !== manager || paths.has(path)) continue
    owners.delete(path)
    removeAt(result, path.split(SEPARATOR))
  }
  for (const [path, value] of leaves) {
    if (!owners.has(path) || conflicts.some(([conflict]) => conflict === path)) owners.set(path, manager)
    setAt(result, path.split(SEPARATOR), value)
  }
  return result
}

/** Any other change: the fields that are different now belong to whoever has changed them. */
export function noteOwners(before: Tree, after: Tree, owners: Owners, manager: string): void {
  const old = leavesOf(before)
  const now = leavesOf(after)
  for (const [path, value] of now)
    if (!IDENTITY.includes(path) && !isDeepStrictEqual(old.get(path), value)) owners.set(path, manager)
  for (const path of owners.keys()) if (!now.has(path)) owners.delete(path)
}

function setAt(tree: Tree, [name = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[name] = structuredClone(value)
  else {
    if (!isTree(tree[name])) tree[name] = {}
    setAt(tree[name] as Tree, rest, value)
  }
}

function removeAt(tree: Tree, [name = '', ...rest]: readonly string[]): void {
  if (rest.length === 0) delete tree[name]
  else if (isTree(tree[name])) removeAt(tree[name] as Tree, rest)
}
