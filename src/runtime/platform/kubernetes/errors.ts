import { type ErrorTable, errorsOf } from '../../kernel/index.ts'

export const kubernetesErrors = {
  KUBERNETES_CONFIG_INVALID: {
    kind: 'environment',
    title: 'It is not known how to reach Kubernetes',
    fix: 'Run inside a cluster with a service account, or name a kubeconfig with --kubeconfig or KUBECONFIG.',
  },
  KUBERNETES_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The Kubernetes API server cannot be reached',
    fix: 'Check the address with `kubectl cluster-info`; the work is tried again by itself.',
  },
  KUBERNETES_REFUSED: {
    kind: 'upstream',
    title: 'The Kubernetes API server refused a request',
    fix: 'Correct what it says; for missing rights see the Role in docs/orchestrator.md.',
  },
} as const satisfies ErrorTable

export const kubernetesError = errorsOf(kubernetesErrors)
