import { FEATURE_ANNOTATION, METRICS_PORT, OWN, selectorOf } from './marks.ts'
import type { FeatureNames } from './names.ts'

/** What all workers have in common. */
export interface WorkerTemplate {
  image: string
  /** Secret that has the address of Redis. */
  connectionsSecret: string
}

const SCRAPED = {
  'prometheus.io/scrape': 'true',
  'prometheus.io/port': String(METRICS_PORT),
  'prometheus.io/path': '/metrics',
}
/** Of the image. */
const USER = 1_000
/** ConfigMap with what whoever installs may set for all workers, and which of that is for these. */
const SETTINGS_MAP = 'agentctl-settings'
const SETTINGS = [
  ...['AGENTCTL_HANDLER', 'AGENTCTL_CONCURRENCY', 'AGENTCTL_LOG_LEVEL'],
  ...['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_RESOURCE_ATTRIBUTES'],
  ...['OTEL_TRACES_SAMPLER', 'OTEL_TRACES_SAMPLER_ARG'],
]
/** The same for what not everybody may read. */
const SECRETS = 'agentctl-secrets'
const KEYS = ['OTEL_EXPORTER_OTLP_HEADERS']
/** Seconds a worker may take to finish its jobs: its own drain timeout, and what it needs beside. */
const GRACE = 45

/** @param replicas left out where the number is the autoscaler's */
export function deploymentSpec(
  feature: string,
  names: FeatureNames,
  template: WorkerTemplate,
  replicas?: number,
) {
  return {
    ...(replicas === undefined ? {} : { replicas }),
    selector: { matchLabels: selectorOf(names) },
    template: {
      metadata: {
        labels: { ...OWN, feature: names.label },
        annotations: { [FEATURE_ANNOTATION]: feature, ...SCRAPED },
      },
      spec: {
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        terminationGracePeriodSeconds: GRACE,
        securityContext: {
          ...{ runAsNonRoot: true, runAsUser: USER, runAsGroup: USER, fsGroup: USER },
          seccompProfile: { type: 'RuntimeDefault' },
        },
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
      fromSecret(connectionsSecret, 'REDIS_URL'),
      ...SETTINGS.map(fromSettings),
      ...KEYS.map((name) => fromSecret(SECRETS, name, true)),
      { name: 'FEATURE_ID', value: escaped(feature) },
      { name: 'AGENTCTL_METRICS_PORT', value: String(METRICS_PORT) },
      { name: 'AGENTCTL_METRICS_HOST', value: '0.0.0.0' },
    ],
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

const fromSecret = (secret: string, name: string, optional = false) => ({
  name,
  valueFrom: { secretKeyRef: { name: secret, key: name, ...(optional ? { optional } : {}) } },
})
const fromSettings = (name: string) => ({
  name,
  valueFrom: { configMapKeyRef: { name: SETTINGS_MAP, key: name, optional: true } },
})

/** `$(NAME)` would be replaced by the value of a variable. */
function escaped(text: string): string {
  return text.replaceAll('$(', () => '$$(')
}
