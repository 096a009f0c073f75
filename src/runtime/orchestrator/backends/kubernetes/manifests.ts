import { apiVersionOf, type Kind, type KubernetesObject } from '../../../platform/kubernetes/index.ts'
import type { FeatureSettings } from '../../feature.ts'
import { deploymentSpec, type WorkerTemplate } from './deployment.ts'
import { FEATURE_ANNOTATION, METRICS_PORT, OWN, SETTINGS_ANNOTATION, selectorOf } from './marks.ts'
import { type FeatureNames, namesOf } from './names.ts'

export interface Manifest {
  kind: Kind
  object: KubernetesObject
}

/**
 * What a feature is made of: a Deployment, a Service and an autoscaler, as they are applied.
 * @param replicas given only where the autoscaler cannot help; otherwise the number is its own
 */
export function manifestsOf(
  feature: string,
  settings: FeatureSettings,
  template: WorkerTemplate,
  replicas?: number,
): Manifest[] {
  const names = namesOf(feature)
  const make = (kind: Kind, name: string, spec: object): Manifest => ({
    kind,
    object: {
      apiVersion: apiVersionOf(kind),
      kind,
      metadata: metadataOf(feature, settings, names, name),
      spec,
    },
  })
  return [
    make('Deployment', names.deployment, deploymentSpec(feature, names, template, replicas)),
    make('Service', names.service, serviceSpec(names)),
    make('HorizontalPodAutoscaler', names.autoscaler, autoscalerSpec(names, settings)),
  ]
}

function metadataOf(feature: string, settings: FeatureSettings, names: FeatureNames, name: string) {
  return {
    name,
    labels: { ...OWN, feature: names.label },
    annotations: { [FEATURE_ANNOTATION]: feature, [SETTINGS_ANNOTATION]: JSON.stringify(settings) },
  }
}

function serviceSpec(names: FeatureNames) {
  return {
    selector: selectorOf(names),
    ports: [{ name: 'metrics', port: METRICS_PORT, targetPort: 'metrics', protocol: 'TCP' }],
  }
}

function autoscalerSpec(names: FeatureNames, { min, max }: FeatureSettings) {
  const metric = (name: string, averageUtilization: number) => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  })
  return {
    scaleTargetRef: { apiVersion: apiVersionOf('Deployment'), kind: 'Deployment', name: names.deployment },
    minReplicas: min,
    maxReplicas: max,
    metrics: [metric('cpu', 70), metric('memory', 80)],
  }
}
