import type { FeatureNames } from './names.ts'

/** By these, and only by these, the orchestrator knows what is its own. */
export const OWN = { app: 'ai-agent', 'app.kubernetes.io/managed-by': 'agentctl-orchestrator' }
export const FEATURE_ANNOTATION = 'agentctl/feature'
export const SETTINGS_ANNOTATION = 'agentctl/settings'

/** Of /health, /ready and /metrics of the workers. */
export const METRICS_PORT = 9_100

/** The labels by which Deployment and Service find the pods. */
export const selectorOf = ({ label }: FeatureNames) => ({ app: OWN.app, feature: label })
