import type { Unit } from '../unit.ts'
import { boundsOf, type KubernetesOptions, type Manifest, metadataOf, selectorOf } from './manifest.ts'
import { podOf } from './pod.ts'

/** Pods of a unit. Their number is left to what scales them; applied again, it stays what it is. */
export function deploymentOf(unit: Unit, { image }: KubernetesOptions): Manifest {
  const labels = selectorOf(unit)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadataOf(unit), annotations: { 'kubernetes.io/description': unit.summary } },
    spec: {
      ...(unit.scales ? {} : { replicas: unit.replicas }),
      selector: { matchLabels: labels },
      // One that is alone leaves before the next comes; of the others a new one is ready before an old one leaves.
      strategy: unit.scales
        ? { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }
        : { type: 'Recreate' },
      template: {
        metadata: { labels: metadataOf(unit).labels, annotations: figuresOf(unit) },
        spec: podOf(unit, image),
      },
    },
  }
}

/** Where Prometheus finds what the pods tell, as many of its configurations understand it. */
function figuresOf({ healthPort }: Unit) {
  return {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': String(healthPort),
    'prometheus.io/path': '/metrics',
  }
}

/** The name under which others reach a unit that serves something. */
export function serviceOf(unit: Unit): Manifest[] {
  const { port } = unit
  if (port === undefined) return []
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadataOf(unit),
      spec: { selector: selectorOf(unit), ports: [{ name: 'http', port, targetPort: 'http' }] },
    },
  ]
}

/** Nodes that are emptied take one pod of a unit at a time. */
export function disruptionBudgetOf(unit: Unit): Manifest[] {
  if (!unit.scales) return []
  return [
    {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: metadataOf(unit),
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(unit) } },
    },
  ]
}

/** Share of the CPU that pods have asked for, in percent. */
const CPU_TARGET = 70
/** Seconds of less load before there are fewer pods. */
const CALM = 300

/** More pods with more work for the CPU. */
export function autoscalerOf(unit: Unit): Manifest[] {
  if (!unit.scales) return []
  const { min, max } = boundsOf(unit)
  const target = { type: 'Utilization', averageUtilization: CPU_TARGET }
  return [
    {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: metadataOf(unit),
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: unit.name },
        minReplicas: min,
        maxReplicas: max,
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
        behavior: { scaleDown: { stabilizationWindowSeconds: CALM } },
      },
    },
  ]
}
