import { z } from 'zod'
import {
  chatSettings,
  confirmSettings,
  duration,
  metricsSettings,
  redisSettings,
  roleSettings,
} from '../kernel/index.ts'
import { stageSettings } from '../rag/index.ts'

export const options = z.object({
  handler: z
    .string()
    .default('demo')
    .meta({
      description:
        'What answers: "demo", "llm" for a language model, or a module whose default export is an async generator (with --subscribe: a function)',
      env: ['AGENTCTL_HANDLER'],
      placeholder: 'demo|llm|FILE',
    }),
  subscribe: z
    .string()
    .regex(/^[^,\s]+(,[^,\s]+)*$/, 'expected event types, separated by commas')
    .optional()
    .meta({
      description: 'Handle events of these types, separated by commas, instead of chats',
      env: ['AGENTCTL_SUBSCRIBE'],
      placeholder: 'TYPE,TYPE',
    }),
  exec: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Shell command that handles each event, given as JSON on stdin',
      env: ['AGENTCTL_EXEC'],
      placeholder: 'COMMAND',
    }),
  group: z
    .string()
    .min(1)
    .default('agent-group')
    .meta({ description: 'Consumer group, with --subscribe', env: ['AGENTCTL_GROUP'] }),
  lease: duration('1s')
    .prefault('30s')
    .meta({
      description:
        'How long after its last sign of life a consumer loses its events to others, with --subscribe',
      env: ['AGENTCTL_LEASE'],
    }),
  maxDeliveries: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(5)
    .meta({
      description: 'Deliveries after which a failing event goes to the dead letters, with --subscribe',
      env: ['AGENTCTL_MAX_DELIVERIES'],
    }),
  concurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .meta({
      description: 'Jobs at once in each replica; events of each type',
      env: ['AGENTCTL_CONCURRENCY'],
    }),
  feature: z
    .string()
    .min(1)
    .regex(/^[^:\p{Cc}]+$/u, 'may not contain ":" or control characters')
    .default('default')
    .meta({
      description: 'Serve the jobs of this feature only',
      env: ['FEATURE_ID'],
      placeholder: 'FEATURE',
    }),
  workerName: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'Name in messages and logs', env: ['WORKER_NAME'], placeholder: 'NAME' }),
  ...chatSettings,
  lockDuration: duration('1s')
    .prefault('8s')
    .meta({
      description: 'How long after its last sign of life a worker counts as dead and its jobs move on',
      env: ['AGENTCTL_LOCK_DURATION'],
    }),
  ...stageSettings,
  stage: stageSettings.stage.meta({
    description:
      'Serve these stages of the RAG pipeline, separated by commas, or "evaluation", instead of chats',
    env: ['AGENTCTL_STAGE'],
    placeholder: 'STAGE,STAGE',
  }),
  evalConcurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(4)
    .meta({
      description: 'Evaluations at once, with --stage evaluation',
      env: ['AGENTCTL_EVAL_CONCURRENCY'],
    }),
  executorUrls: z
    .string()
    .regex(/^https?:\/\/[^,\s]+(,https?:\/\/[^,\s]+)*$/, 'expected URLs separated by commas')
    .optional()
    .meta({
      description: 'Executors that run evaluations (default: those that have registered)',
      env: ['AGENTCTL_EXECUTOR_URLS'],
      placeholder: 'URL,URL',
    }),
  executorToken: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Secret that executors want to see',
      env: ['AGENTCTL_EXECUTOR_TOKEN'],
      placeholder: 'SECRET',
      secret: true,
    }),
  ...redisSettings,
  ...confirmSettings,
  ...metricsSettings,
  ...roleSettings,
})

export type WorkerOptions = z.output<typeof options>
