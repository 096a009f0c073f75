import type { KubeConfig } from '@kubernetes/client-node'
import { messageOf } from '../../kernel/index.ts'
import { kubernetesError } from './errors.ts'

export interface ClusterAddress {
  /** Path of a kubeconfig; without one KUBECONFIG, ~/.kube/config and the service account of the pod are tried. */
  kubeconfig?: string | undefined
  /** Context of the kubeconfig; default: its current one. */
  context?: string | undefined
}

/** Context of the client where it has found nothing: it would ask whatever listens on port 8080 of this machine. */
const GUESSED = 'loaded-context'

/** @throws AgentctlError KUBERNETES_CONFIG_INVALID */
export function loadConfiguration(config: KubeConfig, { kubeconfig, context }: ClusterAddress): void {
  try {
    if (kubeconfig === undefined) config.loadFromDefault()
    else config.loadFromFile(kubeconfig)
  } catch (cause) {
    const what = kubeconfig ?? 'the kubeconfig'
    throw kubernetesError('KUBERNETES_CONFIG_INVALID', `${what}: ${messageOf(cause)}`, {
      cause,
      field: 'kubeconfig',
    })
  }
  if (config.getCurrentContext() === GUESSED)
    throw kubernetesError(
      'KUBERNETES_CONFIG_INVALID',
      'there is no kubeconfig, and no service account of a pod',
      { field: 'kubeconfig' },
    )
  if (context !== undefined) choose(config, context)
  const server = config.getCurrentCluster()?.server
  if (server === undefined || !URL.canParse(server))
    throw kubernetesError(
      'KUBERNETES_CONFIG_INVALID',
      server === undefined
        ? 'the kubeconfig names no cluster to use'
        : `"${server}" is no address of a cluster`,
      { field: 'kubeconfig' },
    )
}

function choose(config: KubeConfig, context: string): void {
  const known = config.getContexts().map(({ name }) => name)
  if (!known.includes(context))
    throw kubernetesError(
      'KUBERNETES_CONFIG_INVALID',
      `the kubeconfig has no context "${context}"; there are ${known.join(', ') || 'none'}`,
      { field: 'kubeContext' },
    )
  config.setCurrentContext(context)
}
