import { accessErrors } from './access/index.ts'
import { agentsErrors } from './agents/index.ts'
import { autoscaleErrors } from './autoscale/index.ts'
import { balancerErrors } from './balancer/index.ts'
import { busErrors } from './bus/index.ts'
import { campaignsErrors } from './campaigns/index.ts'
import { chatErrors } from './chat/index.ts'
import { contextsErrors } from './contexts/index.ts'
import { dashboardErrors } from './dashboard/index.ts'
import { dockerProxyErrors } from './docker-proxy/index.ts'
import { doctorErrors } from './doctor/index.ts'
import { evaluationErrors } from './evaluation/index.ts'
import { imagesErrors } from './images/index.ts'
import { inspectErrors } from './inspect/index.ts'
import { type ErrorTable, kernelErrors } from './kernel/index.ts'
import { llmErrors } from './llm/index.ts'
import { loadtestErrors } from './loadtest/index.ts'
import { manifestsErrors } from './manifests/index.ts'
import { orchestratorErrors } from './orchestrator/index.ts'
import { containersErrors } from './platform/containers/errors.ts'
import { httpErrors } from './platform/http/index.ts'
import { kubernetesErrors } from './platform/kubernetes/errors.ts'
import { redisErrors } from './platform/redis/index.ts'
import { sqlErrors } from './platform/sql/errors.ts'
import { vectorsErrors } from './platform/vectors/index.ts'
import { wireErrors } from './platform/wire/errors.ts'
import { ragErrors } from './rag/index.ts'
import { rulesErrors } from './rules/index.ts'
import { sandboxErrors } from './sandbox/index.ts'
import { supervisorErrors } from './supervisor/index.ts'

/** Every error a user can see, by room. docs/errors.md lists the same; a test compares them. */
export const errorTables: Readonly<Record<string, ErrorTable>> = {
  general: kernelErrors,
  contexts: contextsErrors,
  doctor: doctorErrors,
  http: httpErrors,
  requests: wireErrors,
  redis: redisErrors,
  access: accessErrors,
  chat: chatErrors,
  events: busErrors,
  serve: supervisorErrors,
  autoscaling: autoscaleErrors,
  inspect: inspectErrors,
  llm: llmErrors,
  balancer: balancerErrors,
  rag: ragErrors,
  vectors: vectorsErrors,
  evaluations: evaluationErrors,
  sandboxes: sandboxErrors,
  images: imagesErrors,
  docker: containersErrors,
  'docker proxy': dockerProxyErrors,
  database: sqlErrors,
  campaigns: campaignsErrors,
  rules: rulesErrors,
  agents: agentsErrors,
  dashboard: dashboardErrors,
  'load tests': loadtestErrors,
  manifests: manifestsErrors,
  orchestrator: orchestratorErrors,
  kubernetes: kubernetesErrors,
}
