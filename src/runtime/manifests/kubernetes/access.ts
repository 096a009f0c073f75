import type { Unit } from '../unit.ts'
import { commonMetadata, type Manifest } from './manifest.ts'

const ACCOUNT = 'agentctl'
const ORCHESTRATOR = 'orchestrator'
const ORCHESTRATOR_ACCOUNT = `${ACCOUNT}-${ORCHESTRATOR}`

/** Whether a unit works on the cluster itself: the orchestrator alone does. */
export function needsApi({ role }: Pick<Unit, 'role'>): boolean {
  return role === ORCHESTRATOR
}

export function accountOf(unit: Pick<Unit, 'role'>): string {
  return needsApi(unit) ? ORCHESTRATOR_ACCOUNT : ACCOUNT
}

const LOOK = ['get', 'list', 'watch']
const CHANGE = ['create', 'patch', 'delete']

/** What the orchestrator may do, in its own namespace: run features, and agree with others on who leads. */
const RULES = [
  { apiGroups: ['apps'], resources: ['deployments'], verbs: [...LOOK, ...CHANGE] },
  { apiGroups: [''], resources: ['services'], verbs: [...LOOK, ...CHANGE] },
  { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: [...LOOK, ...CHANGE] },
  {
    apiGroups: ['coordination.k8s.io'],
    resources: ['leases'],
    verbs: ['get', 'create', 'update'],
  },
]

/** The accounts of all pods; the usual one has no rights at all. */
export function accessOf(units: readonly Unit[], namespace = 'default'): Manifest[] {
  const account = (name: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: commonMetadata(name),
    automountServiceAccountToken: false,
  })
  if (!units.some(needsApi)) return [account(ACCOUNT)]
  return [
    account(ACCOUNT),
    account(ORCHESTRATOR_ACCOUNT),
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: commonMetadata(ORCHESTRATOR_ACCOUNT),
      rules: RULES,
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: commonMetadata(ORCHESTRATOR_ACCOUNT),
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: ORCHESTRATOR_ACCOUNT },
      subjects: [{ kind: 'ServiceAccount', name: ORCHESTRATOR_ACCOUNT, namespace }],
    },
  ]
}
