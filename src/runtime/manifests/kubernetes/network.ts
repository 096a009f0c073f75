import type { Unit } from '../unit.ts'
import { needsApi } from './access.ts'
import { commonMetadata, type Manifest, metadataOf, SYSTEM, selectorOf } from './manifest.ts'

const API = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' } as const
const DNS = [
  { protocol: 'UDP', port: 53 },
  { protocol: 'TCP', port: 53 },
]
/** Labels of what the orchestrator makes. */
const FEATURE_WORKERS = { app: 'ai-agent' }
/** Who may read figures, in whatever namespace it is. */
const PROMETHEUS = {
  namespaceSelector: {},
  podSelector: { matchLabels: { 'app.kubernetes.io/name': 'prometheus' } },
}

/** What holds for every pod: nobody reaches it, and it reaches names alone, unless another policy says so. */
export function closedNetwork(): Manifest {
  return {
    ...API,
    metadata: commonMetadata('agentctl'),
    spec: {
      podSelector: { matchLabels: SYSTEM },
      policyTypes: ['Ingress', 'Egress'],
      egress: [{ ports: DNS }],
    },
  }
}

/** Who reaches a unit, and whom it reaches. */
export function policyOf(unit: Unit, units: readonly Unit[]): Manifest {
  const { healthPort, port, published } = unit
  const callers = units.filter((other) => calls(other, unit))
  const figures = { from: [PROMETHEUS], ports: [{ protocol: 'TCP', port: healthPort }] }
  const from = published ? undefined : [...callers.map(peer), ...featuresThatCall(unit, units)]
  const served =
    port === undefined || from?.length === 0
      ? []
      : [{ ...(from === undefined ? {} : { from }), ports: [{ protocol: 'TCP', port }] }]
  return {
    ...API,
    metadata: metadataOf(unit),
    spec: {
      podSelector: { matchLabels: selectorOf(unit) },
      policyTypes: ['Ingress', 'Egress'],
      ingress: [...served, figures],
      egress: egressOf(unit, units),
    },
  }
}

/** Workers of features, which the orchestrator makes, call whoever tells its address. */
function featuresThatCall({ advertises }: Unit, units: readonly Unit[]) {
  return advertises && units.some(needsApi) ? [{ podSelector: { matchLabels: FEATURE_WORKERS } }] : []
}

/** What has data reaches it wherever it is, and models and webhooks with it; what runs programs reaches only whom it calls. */
function egressOf(unit: Unit, units: readonly Unit[]) {
  if (unit.networks.includes('default')) return [{}]
  return units
    .filter((other) => calls(unit, other))
    .map((other) => ({ to: [peer(other)], ports: [{ protocol: 'TCP', port: other.port }] }))
}

/** One calls another whose name it is told, or that tells its own address to all around. */
export function calls(one: Unit, other: Unit): boolean {
  if (one.name === other.name || other.port === undefined) return false
  if (!one.networks.some((network) => other.networks.includes(network))) return false
  const told = [...one.args, ...one.variables.map((variable) => ('value' in variable ? variable.value : ''))]
  return other.advertises || told.some((text) => text.includes(`//${other.name}:`))
}

function peer(unit: Unit) {
  return { podSelector: { matchLabels: selectorOf(unit) } }
}
