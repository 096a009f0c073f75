import type { EventAction } from '../events/index.ts'
import { kernelError } from '../kernel/index.ts'
import type { WorkerOptions } from './options.ts'

type Facts = Readonly<Record<string, string>>
/** Name and meaning of the metric that counts what is under way. */
type Gauge = readonly [name: string, help: string]

/** What the options ask a worker to do. */
export type Work =
  | { kind: 'chats'; facts: Facts; gauge: Gauge }
  | { kind: 'stages'; stage: string; facts: Facts; gauge: Gauge }
  | { kind: 'evaluations'; facts: Facts; gauge: Gauge }
  | { kind: 'events'; types: string[]; action: EventAction; facts: Facts; gauge: Gauge }

type WorkOptions = Pick<WorkerOptions, 'handler' | 'feature' | 'subscribe' | 'exec' | 'group' | 'stage'>

/** Answers chats unless it is told otherwise. */
const DEFAULT_HANDLER = 'demo'

/** @throws AgentctlError CONFIG_INVALID when the options contradict each other */
export function workOf(options: WorkOptions): Work {
  const { handler, feature, subscribe, exec, group, stage } = options
  if (stage !== undefined) return stagesOf(stage, options)
  if (subscribe === undefined) {
    if (exec !== undefined)
      throw kernelError('CONFIG_INVALID', '--exec handles events: name their types with --subscribe', {
        field: 'exec',
      })
    const gauge = ['chat_jobs_running', 'Chats this worker is answering'] as const
    return { kind: 'chats', facts: { handler, pool: feature }, gauge }
  }
  const hasHandler = handler !== DEFAULT_HANDLER
  if (hasHandler && exec !== undefined)
    throw kernelError('CONFIG_INVALID', '--handler and --exec contradict each other: give one', {
      field: 'exec',
    })
  if (!hasHandler && exec === undefined) {
    throw kernelError(
      'CONFIG_INVALID',
      '--subscribe needs something that handles the events: --handler FILE or --exec COMMAND',
      {
        field: 'subscribe',
      },
    )
  }
  const types = [...new Set(subscribe.split(','))]
  return {
    kind: 'events',
    types,
    action: exec === undefined ? { handler } : { exec },
    facts: { handler: exec ?? handler, events: types.join(','), group },
    gauge: ['handlers_running', 'Events this worker is handling'],
  }
}

/** The stage that has nothing to do with the others. */
const EVALUATION = 'evaluation'

/** A handler is not minded: it may be that of all workers around. */
function stagesOf(stage: string, { subscribe, exec }: WorkOptions): Work {
  for (const [field, value] of Object.entries({ subscribe, exec })) {
    if (value !== undefined)
      throw kernelError('CONFIG_INVALID', `--stage and --${field} contradict each other: give one`, { field })
  }
  if (stage.split(',').includes(EVALUATION)) return evaluationsOf(stage)
  const gauge = ['rag_jobs_running', 'Jobs of the RAG pipeline this worker is doing'] as const
  return { kind: 'stages', stage, facts: { stage }, gauge }
}

function evaluationsOf(stage: string): Work {
  if (stage !== EVALUATION) {
    const detail = `--stage ${stage}: "${EVALUATION}" needs a worker of its own, start another one for the rest`
    throw kernelError('CONFIG_INVALID', detail, { field: 'stage' })
  }
  const gauge = ['evaluations_running', 'Evaluations this worker looks after'] as const
  return { kind: 'evaluations', facts: { stage }, gauge }
}
