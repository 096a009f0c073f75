import { z } from 'zod'

/** What a gateway needs to know to take evaluations. */
export const evaluationSettings = {
  evalQueueLimit: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .meta({
      description: 'Evaluations that may wait at once; more are refused with 429',
      env: ['AGENTCTL_EVAL_QUEUE_LIMIT'],
    }),
}
