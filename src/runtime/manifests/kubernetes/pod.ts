import type { Unit } from '../unit.ts'
import { accountOf, needsApi } from './access.ts'
import { DRAIN_DELAY, environmentOf } from './environment.ts'
import { selectorOf } from './manifest.ts'

/** The user of the image; a number, since a name does not prove that it is not root. */
const USER = 1_000
/** Where a pod may write; it is gone with the pod. */
const SCRATCH = '/tmp'
const SOCKET = '/var/run/docker.sock'
/** Nodes with a Docker engine that programs may run on. */
const ENGINE_NODES = { 'agentctl/engine': 'docker' }

/** What runs in one pod of a unit. */
export function podOf(unit: Unit, image: string) {
  const { engineSocket, scales } = unit
  return {
    serviceAccountName: accountOf(unit),
    automountServiceAccountToken: needsApi(unit),
    // Addresses of Services as variables would be taken for settings.
    enableServiceLinks: false,
    terminationGracePeriodSeconds: graceOf(unit),
    securityContext: securityOf(unit),
    ...(engineSocket ? { nodeSelector: ENGINE_NODES } : {}),
    ...(scales ? { topologySpreadConstraints: [spreadOf(unit)] } : {}),
    containers: [containerOf(unit, image)],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      ...(engineSocket ? [{ name: 'engine', hostPath: { path: SOCKET, type: 'Socket' } }] : []),
    ],
  }
}

/** Seconds; also of the time before a drain begins. */
export function graceOf({ grace, port }: Unit): number {
  return grace + (port === undefined ? 0 : DRAIN_DELAY)
}

/** The socket of the engine belongs to root, who has no other rights here. */
function securityOf({ engineSocket }: Unit) {
  const user = engineSocket ? 0 : USER
  return {
    runAsNonRoot: !engineSocket,
    runAsUser: user,
    runAsGroup: user,
    fsGroup: user,
    seccompProfile: { type: 'RuntimeDefault' },
  }
}

function spreadOf(unit: Unit) {
  return {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selectorOf(unit) },
  }
}

function containerOf(unit: Unit, image: string) {
  const { role, args, port, healthPort, memory, engineSocket } = unit
  return {
    name: unit.name,
    image,
    args: [role, ...args],
    env: environmentOf(unit),
    ports: [{ name: port === undefined ? 'metrics' : 'http', containerPort: healthPort }],
    startupProbe: { ...ask('/health'), periodSeconds: 2, failureThreshold: 60 },
    // Not /ready: nothing is better for a restart because Redis is away.
    livenessProbe: { ...ask('/health'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { ...ask('/ready'), periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 2 },
    // No limit of CPU: it would slow down what has room to be fast.
    resources: {
      requests: { cpu: '100m', memory: `${memory}Mi` },
      limits: { memory: `${memory}Mi` },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [
      { name: 'scratch', mountPath: SCRATCH },
      ...(engineSocket ? [{ name: 'engine', mountPath: SOCKET }] : []),
    ],
  }

  function ask(path: string) {
    return { httpGet: { path, port: healthPort } }
  }
}
