import { type ErrorTable, errorsOf } from '../kernel/index.ts'

export const ragErrors = {
  RAG_ENCODER_UNKNOWN: {
    kind: 'usage',
    title: 'The encoder cannot be used',
    fix: 'Choose hash, openai (with OPENAI_API_KEY) or transformers (with `npm install @huggingface/transformers`).',
  },
  RAG_ENCODER_FAILED: {
    kind: 'upstream',
    title: 'The text could not be turned into a vector',
    fix: 'Read the cause in the log of the encoder stage; check the address and key of the embeddings endpoint.',
  },
  RAG_ENCODER_CHANGED: {
    kind: 'conflict',
    title: 'The documents were stored with another encoder',
    fix: 'Add the documents again with `agentctl docs add`, or go back to the encoder that is named.',
  },
  RAG_JOB_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such query, or its answer has expired',
    fix: 'Answers are kept for a minute: ask again.',
  },
  RAG_DOCUMENT_UNKNOWN: {
    kind: 'not_found',
    title: 'There is no such document',
    fix: 'List the documents with `agentctl docs ls`.',
  },
  RAG_TIMEOUT: {
    kind: 'timeout',
    title: 'The query was not answered in time',
    fix: 'Look at the depths of the queues and at `agentctl ps`; start more replicas of the stage that is behind.',
  },
  RAG_LIMIT: {
    kind: 'limit',
    title: 'This user asks more than is allowed',
    fix: 'Wait for the time in Retry-After, or raise the limit of the gateway.',
  },
  RAG_FAILED: {
    kind: 'upstream',
    title: 'The query could not be answered',
    fix: 'Read the cause in the detail and in the log of the stage that is named.',
  },
  RAG_KEY_REUSED: {
    kind: 'conflict',
    title: 'This Idempotency-Key was used for another request',
    fix: 'Send each request with a key of its own; the same key repeats the same request.',
  },
  RAG_STAGE_UNKNOWN: {
    kind: 'usage',
    title: 'There is no such stage',
    fix: 'Name some of encoder, retriever and generator, separated by commas, or evaluation alone.',
  },
  RAG_STOPPING: {
    kind: 'unavailable',
    title: 'The gateway is being stopped',
    fix: 'Ask again in a moment, under the same Idempotency-Key or with GET /query/{job_id}: what was accepted goes on.',
  },
  RAG_NO_WORKER: {
    kind: 'unavailable',
    title: 'No worker is there for a stage of the pipeline',
    fix: 'Start it with `agentctl worker --stage encoder,retriever,generator`, or run `agentctl serve`.',
  },
  RAG_FILE_INVALID: {
    kind: 'usage',
    title: 'The file cannot be added',
    fix: 'Name files or folders with text that this user may read.',
  },
  RAG_URL_INVALID: {
    kind: 'usage',
    title: 'The address of the gateway cannot be used',
    fix: 'Give it as http://HOST:PORT with --gateway-url or AGENTCTL_GATEWAY_URL.',
  },
  RAG_UNREACHABLE: {
    kind: 'unavailable',
    title: 'The gateway does not answer',
    fix: 'Start it with `agentctl serve`, or name another with --gateway-url.',
  },
} as const satisfies ErrorTable

export const ragError = errorsOf(ragErrors)
