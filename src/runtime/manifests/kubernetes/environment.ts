import type { Unit, Variable } from '../unit.ts'

/** Addresses of what is not part of the system: Redis, PostgreSQL, Qdrant. */
export const CONNECTIONS = 'agentctl-connections'
/** What units must know the same of, and keys of providers. */
export const SECRETS = 'agentctl-secrets'
/** What whoever installs may set, and everybody may read. */
export const SETTINGS = 'agentctl-settings'

/** Where vectors are, for more than one replica. */
const VECTORS_URL = 'QDRANT_URL'
const EXTERNAL = new Set(['DB_PASSWORD', VECTORS_URL, 'QDRANT_API_KEY'])

/** Seconds for which a pod still serves what reaches it after it was told to stop: until all nodes know that it is leaving. */
export const DRAIN_DELAY = 10

interface KeyRef {
  readonly name: string
  readonly key: string
  readonly optional?: true
}

export type EnvironmentVariable =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string
      readonly valueFrom:
        | { readonly secretKeyRef: KeyRef }
        | { readonly configMapKeyRef: KeyRef }
        | { readonly fieldRef: { readonly fieldPath: string } }
    }

/** Files of vectors have one writer: here, where pods come and go, vectors are in Qdrant. */
export function keepsVectors(unit: Unit): boolean {
  return unit.volumes.length > 0 && unit.variables.some(({ name }) => name === VECTORS_URL)
}

/** A unit as it is on Kubernetes: without what its containers would keep on a disk. */
export function asExternal(unit: Unit): Unit {
  if (!keepsVectors(unit)) return unit
  const isLocal = (variable: Variable) =>
    'value' in variable && unit.volumes.some(({ path }) => variable.value.startsWith(path))
  const variables = unit.variables.filter((variable) => !isLocal(variable))
  return { ...unit, variables, volumes: [], scales: true }
}

/** The environment of a unit's containers; secrets are named, and never there themselves. */
export function environmentOf(unit: Unit): EnvironmentVariable[] {
  return [
    ...unit.variables.map(toVariable),
    ...(unit.port === undefined ? [] : [{ name: 'AGENTCTL_DRAIN_DELAY', value: `${DRAIN_DELAY}s` }]),
    ...(unit.advertises ? ownAddress(unit) : []),
  ]
}

function toVariable(variable: Variable): EnvironmentVariable {
  const { name } = variable
  if ('value' in variable) return { name, value: variable.value }
  if ('store' in variable || name === VECTORS_URL) return fromSecret(CONNECTIONS, name, true)
  const secret = EXTERNAL.has(name) ? CONNECTIONS : SECRETS
  if ('secret' in variable) return fromSecret(secret, name, !EXTERNAL.has(name))
  if (variable.key || EXTERNAL.has(name)) return fromSecret(secret, name, false)
  return { name, valueFrom: { configMapKeyRef: { name: SETTINGS, key: name, optional: true } } }
}

function fromSecret(secret: string, name: string, isNeeded: boolean): EnvironmentVariable {
  const ref = { name: secret, key: name }
  return { name, valueFrom: { secretKeyRef: isNeeded ? ref : { ...ref, optional: true } } }
}

/** Others are told the address of each pod, not that of the Service: they balance by what each replica has to do. */
function ownAddress({ port }: Unit): EnvironmentVariable[] {
  return [
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'AGENTCTL_ADVERTISE_URL', value: `http://$(POD_IP):${port}` },
  ]
}
