import { z } from 'zod'
import { encoderSettings, ragCacheSettings, vectorSettings } from './settings.ts'

/** What a worker of the pipeline needs to know. */
export const stageSettings = {
  stage: z
    .string()
    .regex(/^[a-z]+(,[a-z]+)*$/, 'expected stages such as encoder,retriever,generator, separated by commas')
    .optional()
    .meta({
      description: 'Serve these stages of the RAG pipeline, separated by commas, instead of chats',
      env: ['AGENTCTL_STAGE'],
      placeholder: 'STAGE,STAGE',
    }),
  stageConcurrency: z.coerce
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .meta({
      description: 'Queries at once in each stage, with --stage',
      env: ['AGENTCTL_STAGE_CONCURRENCY'],
    }),
  ...encoderSettings,
  ...vectorSettings,
  vectorsPath: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'File to keep vectors in when there is no Qdrant (default: vectors.db in the state folder)',
      env: ['AGENTCTL_VECTORS_PATH'],
      placeholder: 'FILE',
    }),
  ...ragCacheSettings,
  balancerPolicy: z
    .enum(['least-connections', 'ewma', 'learned'])
    .default('least-connections')
    .meta({ description: 'How the generator chooses replicas', env: ['AGENTCTL_BALANCER_POLICY'] }),
  llmUrls: z
    .string()
    .regex(/^https?:\/\/[^,\s]+(,https?:\/\/[^,\s]+)*$/, 'expected URLs separated by commas')
    .optional()
    .meta({
      description: 'LLM services the generator uses (default: those that have registered)',
      env: ['AGENTCTL_LLM_URLS'],
      placeholder: 'URL,URL',
    }),
  llmApiKey: z
    .string()
    .min(1)
    .optional()
    .meta({
      description: 'Key the generator shows to the LLM service',
      env: ['AGENTCTL_LLM_API_KEY'],
      placeholder: 'KEY',
      secret: true,
    }),
}

const limit = (per: string, env: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .meta({ description: `Queries one user may ask ${per}, 0 for any number`, env: [env] })

/** What one user may ask; without a user, one address. */
export const querySettings = {
  queryRate: limit('a minute', 'AGENTCTL_QUERY_RATE'),
  queryQuota: limit('a day', 'AGENTCTL_QUERY_QUOTA'),
}

const toolSchema = z.object(stageSettings).omit({ stage: true, stageConcurrency: true })
export type ToolSettings = z.output<typeof toolSchema>
