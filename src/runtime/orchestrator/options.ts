import { z } from 'zod'
import { duration, exposureSettings, httpSettings, redisSettings, roleSettings } from '../kernel/index.ts'
import { MOST } from './messages.ts'

const workers = () => z.coerce.number().int().min(1).max(MOST)

export const options = z.object({
  ...httpSettings(8006),
  ...exposureSettings,
  backend: z
    .enum(['auto', 'kubernetes', 'local'])
    .default('auto')
    .meta({
      description: 'Where features get their workers: "local" under `agentctl serve`, else Kubernetes',
      env: ['AGENTCTL_ORCHESTRATOR_BACKEND'],
    }),
  featureMin: workers()
    .default(1)
    .meta({ description: 'Workers of a feature at least', env: ['AGENTCTL_FEATURE_MIN'] }),
  featureMax: workers()
    .default(5)
    .meta({ description: 'Workers of a feature at most', env: ['AGENTCTL_FEATURE_MAX'] }),
  idleTimeout: duration('0s')
    .prefault('5m')
    .meta({
      description: 'How long a feature may be without a job before its workers are removed',
      env: ['AGENTCTL_IDLE_TIMEOUT'],
    }),
  resync: duration('100ms')
    .prefault('30s')
    .meta({
      description: 'How often every feature is looked at, whether or not anything has happened',
      env: ['AGENTCTL_ORCHESTRATOR_RESYNC'],
    }),
  leaseDuration: duration('500ms')
    .prefault('15s')
    .meta({
      description: 'How long after its last sign of life a leader is followed by another',
      env: ['AGENTCTL_LEASE_DURATION'],
    }),
  kubeconfig: z
    .string()
    .optional()
    .meta({
      description:
        'Kubeconfig of the cluster (default: KUBECONFIG, ~/.kube/config, or the service account of the pod)',
      env: ['AGENTCTL_KUBECONFIG'],
      placeholder: 'FILE',
    }),
  kubeContext: z
    .string()
    .optional()
    .meta({ description: 'Context of the kubeconfig', env: ['AGENTCTL_KUBE_CONTEXT'], placeholder: 'NAME' }),
  namespace: z
    .string()
    .optional()
    .meta({
      description: 'Namespace of the workers (default: that of the context or pod)',
      env: ['AGENTCTL_NAMESPACE'],
      placeholder: 'NAME',
    }),
  workerImage: z
    .string()
    .min(1)
    .default('agentctl:latest')
    .meta({
      description: 'Image of the workers in Kubernetes',
      env: ['AGENTCTL_WORKER_IMAGE'],
      placeholder: 'IMAGE',
    }),
  connectionsSecret: z
    .string()
    .min(1)
    .default('agentctl-connections')
    .meta({
      description: 'Secret of which the workers take REDIS_URL',
      env: ['AGENTCTL_CONNECTIONS_SECRET'],
      placeholder: 'NAME',
    }),
  serveSocket: z
    .string()
    .optional()
    .meta({
      description:
        'Control socket of the `agentctl serve` that runs the workers; it tells its own orchestrator',
      env: ['AGENTCTL_SERVE_SOCKET'],
      placeholder: 'FILE',
    }),
  ...redisSettings,
  ...roleSettings,
})

export type OrchestratorOptions = z.output<typeof options>
