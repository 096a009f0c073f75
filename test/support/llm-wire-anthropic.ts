import { PIECES, type UpstreamStep, type Wire } from './llm-wire.ts'

const ID = 'msg_01XFDUDYJgAACzvnptvVoYEL'
const TYPES: Record<number, string> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  429: 'rate_limit_error',
  500: 'api_error',
  529: 'overloaded_error',
}

const usageOf = ({ usage = { input: 12, output: 9 } }: UpstreamStep) => ({
  input_tokens: usage.input,
  cache_creation_input_tokens: usage.cacheWritten ?? 0,
  cache_read_input_tokens: usage.cacheRead ?? 0,
  output_tokens: usage.output,
})

const frame = (body: { type: string; [more: string]: unknown }) =>
  `event: ${body.type}\ndata: ${JSON.stringify(body)}\n\n`

/** https://platform.claude.com/docs/en/api/messages and https://platform.claude.com/docs/en/build-with-claude/streaming */
export const anthropicWire: Wire = {
  prefix: '',
  path: '/v1/messages',
  keyOf: ({ authorization }) => authorization?.replace(/^Bearer /, ''),
  refuses: (body) => ['temperature', 'top_p', 'top_k', 'seed'].find((name) => name in body),
  answer(step, model) {
    const text = (step.pieces ?? PIECES).join('')
    const stop = { stop_reason: step.finish ?? 'end_turn', stop_sequence: null }
    const content = [{ type: 'text', text }]
    return { id: ID, type: 'message', role: 'assistant', model, content, ...stop, usage: usageOf(step) }
  },
  frames(step, model) {
    const usage = usageOf(step)
    const message = { id: ID, type: 'message', role: 'assistant', model, content: [], stop_reason: null }
    const begin = { type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } }
    const block = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }
    const delta = { stop_reason: step.finish ?? 'end_turn', stop_sequence: null }
    return {
      head: `${frame(begin)}${frame(block)}${frame({ type: 'ping' })}`,
      pieces: (step.pieces ?? PIECES).map((text) =>
        frame({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
      ),
      tail: [
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta, usage: { output_tokens: usage.output_tokens } },
        { type: 'message_stop' },
      ]
        .map(frame)
        .join(''),
      error: frame({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }),
    }
  },
  error: (status, { type = TYPES[status] ?? 'api_error', message = 'something is wrong' }) => ({
    type: 'error',
    error: { type, message },
    request_id: 'req_011CSHoEeqs5C35K2UUqR7Fy',
  }),
  modelUnknown: (model) => ({ message: `model: ${model}` }),
}
