import { type AgentctlError, type ErrorTable, errorsOf, messageOf } from '../../kernel/index.ts'

export const vectorsErrors = {
  VECTORS_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The vector store does not answer',
    fix: 'Start Qdrant, or correct QDRANT_URL; without it the embedded store is used.',
  },
  VECTORS_FAILED: {
    kind: 'upstream',
    title: 'The vector store could not do what was asked',
    fix: 'Read the cause in the detail; the file of the embedded store must be writable and its own.',
  },
  VECTORS_URL_INVALID: {
    kind: 'usage',
    title: 'The address of Qdrant cannot be used',
    fix: 'Give one such as http://127.0.0.1:6333 with --qdrant-url or QDRANT_URL.',
  },
} as const satisfies ErrorTable

export const vectorsError = errorsOf(vectorsErrors)

/** An error of the driver as one of ours. */
export function vectorsFailure(place: string, cause: unknown): AgentctlError {
  return vectorsError('VECTORS_FAILED', `${place}: ${messageOf(cause)}`, { cause })
}
