import { agentsProbe } from './agents/probe.ts'
import { busProbe } from './bus/probe.ts'
import { campaignsProbe } from './campaigns/probe.ts'
import { chatProbe } from './chat/probe.ts'
import { evaluationProbe } from './evaluation/probe.ts'
import { httpProbe } from './gateway/probe.ts'
import { llmProbe } from './llm/probe.ts'
import { orchestratorProbe } from './orchestrator/probe.ts'
import type { Probe } from './platform/probe/index.ts'
import { ragProbe } from './rag/probe.ts'
import { storageProbe } from './storage/probe.ts'

/** What the dashboard shows of each room. A new one is one line here. */
export const probes: readonly Probe[] = [
  httpProbe,
  chatProbe,
  busProbe,
  ragProbe,
  evaluationProbe,
  storageProbe,
  llmProbe,
  campaignsProbe,
  agentsProbe,
  orchestratorProbe,
]
