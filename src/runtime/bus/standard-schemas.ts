import { z } from 'zod'

/** The events every installation knows, in version 1. Fields beyond these are allowed. */
export const STANDARD_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  'task.created': z.looseObject({
    task_id: z.string().min(1),
    type: z.string().optional(),
    priority: z.enum(['low', 'medium', 'high']).optional(),
    payload: z.record(z.string(), z.unknown()).optional(),
  }),
  'document.processed': z.looseObject({
    doc_id: z.string().min(1),
    status: z.enum(['success', 'failed']),
    chunks: z.number().int().min(0).optional(),
    error: z.string().optional(),
  }),
  'query.completed': z.looseObject({
    query_id: z.string().min(1),
    session_id: z.string().optional(),
    response: z.string().optional(),
    duration_ms: z.number().min(0).optional(),
  }),
  'notification.sent': z.looseObject({
    user_id: z.string().min(1),
    type: z.enum(['email', 'sms', 'push']),
    status: z.enum(['sent', 'failed']),
  }),
}
