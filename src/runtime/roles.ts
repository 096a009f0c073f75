import { agentsRole } from './agents/agents.role.ts'
import { campaignsRole } from './campaigns/campaigns.role.ts'
import { dockerProxyRole } from './docker-proxy/docker-proxy.role.ts'
import { gatewayRole } from './gateway/gateway.role.ts'
import type { Role } from './kernel/index.ts'
import { llmRole } from './llm/llm.role.ts'
import { orchestratorRole } from './orchestrator/orchestrator.role.ts'
import { executorRole } from './sandbox/executor.role.ts'
import { storageRole } from './storage/storage.role.ts'
import { workerRole } from './worker/worker.role.ts'

/** Every role `agentctl` can run. A new role is one line here. */
export const roles: readonly Role[] = [
  gatewayRole,
  workerRole,
  llmRole,
  executorRole,
  dockerProxyRole,
  storageRole,
  campaignsRole,
  agentsRole,
  orchestratorRole,
] as unknown as readonly Role[]
