import { apiVersionOf, type Kind, type KubernetesObject } from '../../../platform/kubernetes/index.ts'
import type { FeatureSettings } from '../../feature.ts'
import { type FeatureNames, namesOf } from './names.ts'

/** By these, and only by these, the orchestrator knows what is its own. */
export const OWN = { app: 'ai-agent', 'app.kubernetes.io/managed-by': 'agentctl-orchestrator' }
export const FEATURE_ANNOTATION = 'agentctl/feature'
export const SETTINGS_ANNOTATION = 'agentctl/settings'

/** What all workers have in common. */
export interface WorkerTemplate {
  image: string
  /** Its keys are environment variables. */
  connectionsSecret: string
}

export interface Manifest {
  kind: Kind
  object: KubernetesObject
}

const METRICS_PORT = 9_100
/** Seconds a worker may take to finish its jobs: its own drain timeout, and what it needs beside. */
const GRACE = 45

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

const selectorOf = ({ label }: FeatureNames) => ({ app: OWN.app, feature: label })

function metadataOf(feature: string, settings: FeatureSettings, names: FeatureNames, name: string) {
  return {
    name,
    labels: { ...OWN, feature: names.label },
    annotations: { [FEATURE_ANNOTATION]: feature, [SETTINGS_ANNOTATION]: JSON.stringify(settings) },
  }
}

function deploymentSpec(feature: string, names: FeatureNames, template: WorkerTemplate, replicas?: number) {
  return {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: selectorOf(names) },
    template: {
      metadata: { labels: { ...OWN, feature: names.label }, annotations: { [FEATURE_ANNOTATION]: feature } },
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: GRACE,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [containerSpec(feature, template)],
        volumes: [{ name: 'tmp', emptyDir: {} }],
      },
    },
  }
}

function containerSpec(feature: string, { image, connectionsSecret }: WorkerTemplate) {
  const probe = (path: string, periodSeconds: number) => ({
    httpGet: { path, port: 'metrics' },
    periodSeconds,
    timeoutSeconds: 5,
  })
  return {
    name: 'worker',
    image,
    args: ['worker'],
    env: [
      { name: 'FEATURE_ID', value: escaped(feature) },
      { name: 'AGENTCTL_METRICS_PORT', value: String(METRICS_PORT) },
      { name: 'AGENTCTL_METRICS_HOST', value: '0.0.0.0' },
    ],
    envFrom: [{ secretRef: { name: connectionsSecret } }],
    ports: [{ name: 'metrics', containerPort: METRICS_PORT, protocol: 'TCP' }],
    readinessProbe: probe('/ready', 5),
    livenessProbe: { ...probe('/health', 10), failureThreshold: 6 },
    // What is used is measured in parts of what is requested.
    resources: {
      requests: { cpu: '100m', memory: '192Mi' },
      limits: { cpu: '1', memory: '384Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
  }
}

/** `$(NAME)` would be replaced by the value of a variable. */
function escaped(text: string): string {
  return text.replaceAll('$(', () => '$$(')
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
