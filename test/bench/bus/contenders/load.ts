import type { Contender, ContenderName } from './contender.ts'

/** Each loads only its own code, so that none is charged for another's. */
export const LOAD: Record<ContenderName, () => Promise<Contender>> = {
  raw: async () => (await import('./raw.ts')).raw,
  'raw-batch': async () => (await import('./raw-batch.ts')).rawBatch,
  agentctl: async () => (await import('./agentctl.ts')).agentctl,
  bullmq: async () => (await import('./bullmq.ts')).bullmq,
  'moleculer-100': async () => (await import('./moleculer.ts')).moleculer(100),
  'moleculer-10': async () => (await import('./moleculer.ts')).moleculer(10),
}
