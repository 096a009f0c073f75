import { PIECES, type UpstreamStep, type Wire } from './llm-wire.ts'

const ID = { id: 'chatcmpl-7QyqpwdfhqwajicIEznoc6Q47XAyW', created: 1_762_000_000 }

const usageOf = ({ usage = { input: 12, output: 9 } }: UpstreamStep) => ({
  prompt_tokens: usage.input,
  completion_tokens: usage.output,
  total_tokens: usage.input + usage.output,
  prompt_tokens_details: { cached_tokens: usage.cacheRead ?? 0 },
})

const frame = (body: object) => `data: ${JSON.stringify(body)}\n\n`

/** https://platform.openai.com/docs/api-reference/chat */
export const openAiWire: Wire = {
  prefix: '/v1',
  path: '/v1/chat/completions',
  keyOf: ({ authorization }) => authorization?.replace(/^Bearer /, ''),
  answer(step, model) {
    const message = { role: 'assistant', content: (step.pieces ?? PIECES).join(''), refusal: null }
    const choice = { index: 0, message, logprobs: null, finish_reason: step.finish ?? 'stop' }
    return { ...ID, object: 'chat.completion', model, choices: [choice], usage: usageOf(step) }
  },
  frames(step, model) {
    const chunk = (choices: object[], more = {}) =>
      frame({ ...ID, object: 'chat.completion.chunk', model, choices, usage: null, ...more })
    const choice = (delta: object, finish_reason: string | null = null) => ({
      index: 0,
      delta,
      finish_reason,
    })
    return {
      head: chunk([choice({ role: 'assistant', content: '' })]),
      pieces: (step.pieces ?? PIECES).map((content) => chunk([choice({ content })])),
      tail: `${chunk([choice({}, step.finish ?? 'stop')])}${chunk([], { usage: usageOf(step) })}data: [DONE]\n\n`,
      error: frame({ error: { message: 'The server had an error', type: 'server_error', code: null } }),
    }
  },
  error: (
    _status,
    { message = 'something is wrong', type = 'invalid_request_error', param = null, code = null }: Fault,
  ) => ({
    error: { message, type, param, code },
  }),
  modelUnknown: (model) => ({
    code: 'model_not_found',
    message: `The model \`${model}\` does not exist or you do not have access to it.`,
  }),
}

interface Fault {
  message?: string
  type?: string
  param?: string | null
  code?: string | null
}
