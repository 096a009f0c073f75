import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const orchestratorErrors = {
  ORCHESTRATOR_AWAY: {
    kind: 'unavailable',
    title: 'No orchestrator is running',
    fix: 'Start `agentctl serve` here, which brings its own, or `agentctl orchestrator` beside the cluster.',
  },
  FEATURE_INVALID: {
    kind: 'usage',
    title: 'The feature cannot have workers of its own as described',
    fix: 'Correct the field that is named; see `agentctl orchestrator create --help`.',
  },
  FEATURE_NOT_FOUND: {
    kind: 'not_found',
    title: 'The feature has no workers of its own',
    fix: 'See those that have with `agentctl orchestrator list`.',
  },
  FEATURE_NOT_READY: {
    kind: 'timeout',
    title: 'The workers of the feature are not ready yet',
    fix: 'They are still wanted: see how far they are with `agentctl orchestrator list`, or wait longer with --timeout.',
  },
  FEATURE_FOREIGN: {
    kind: 'conflict',
    title: 'Something of this name exists that the orchestrator has not made',
    fix: 'Remove or rename the object that is named, or use another namespace.',
  },
  FEATURE_BACKEND_MISSING: {
    kind: 'environment',
    title: 'The orchestrator has nowhere to run workers',
    fix: 'Run it under `agentctl serve`, inside a Kubernetes cluster, or name a kubeconfig with --kubeconfig.',
  },
} as const satisfies ErrorTable

export const orchestratorError = errorsOf(orchestratorErrors)
