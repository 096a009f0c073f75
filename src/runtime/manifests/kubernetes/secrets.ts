import { KEDA_KEYS } from './keda.ts'
import type { ManifestFile } from './render.ts'

/** A Secret that must be there before pods start. */
export interface SecretNeed {
  name: string
  /** Without one of these keys, some pod does not start. */
  required: string[]
  optional: string[]
}

interface Reference {
  name: string
  key: string
  optional?: boolean
}

/** Which Secrets, with which keys, the manifests refer to. */
export function secretsOf(files: readonly ManifestFile[]): SecretNeed[] {
  const needs = new Map<string, { required: Set<string>; optional: Set<string> }>()
  for (const { name, key, optional = false } of referencesIn(files)) {
    const need = needs.get(name) ?? { required: new Set(), optional: new Set() }
    needs.set(name, need)
    need[optional ? 'optional' : 'required'].add(key)
  }
  return [...needs].map(([name, { required, optional }]) => ({
    name,
    required: [...required].sort(),
    optional: [...optional].filter((key) => !required.has(key)).sort(),
  }))
}

/** KEDA does without a user or a password, and nothing says so in its own manifest. */
const KEDA_OPTIONAL: ReadonlySet<string> = new Set([KEDA_KEYS.username, KEDA_KEYS.password])

function referencesIn(value: unknown): Reference[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([field, inner]) => {
    if (field === 'secretKeyRef') return [inner as Reference]
    if (field !== 'secretTargetRef') return referencesIn(inner)
    return (inner as Reference[]).map(({ name, key }) => ({ name, key, optional: KEDA_OPTIONAL.has(key) }))
  })
}
