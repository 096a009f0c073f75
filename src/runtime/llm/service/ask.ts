import { httpError } from '../../platform/http/index.ts'
import { type GenerateBody, MAX_PROMPT } from '../messages.ts'
import type { Prompt, Turn } from '../provider.ts'

/**
 * The prompt of a request. Turns of the role `system` go to the system prompt, in their order.
 * @throws AgentctlError HTTP_INVALID when nothing is asked, or too much
 */
export function promptOf(body: GenerateBody, model: string): Prompt {
  const turns = turnsOf(body)
  const system = systemOf(body)
  check(turns, system)
  const { stop, temperature, top_p: topP, seed } = body
  return {
    model,
    turns,
    maxTokens: body.max_tokens,
    ...(system === '' ? {} : { system }),
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(stop === undefined ? {} : { stop: typeof stop === 'string' ? [stop] : stop }),
    ...(seed === undefined ? {} : { seed }),
  }
}

function turnsOf({ prompt, messages }: GenerateBody): Turn[] {
  if (prompt !== undefined) return [{ role: 'user', content: prompt }]
  return (messages ?? []).filter((message): message is Turn => message.role !== 'system')
}

function systemOf({ system, messages }: GenerateBody): string {
  const said = (messages ?? []).filter(({ role }) => role === 'system').map(({ content }) => content)
  return [system ?? '', ...said].filter((text) => text !== '').join('\n\n')
}

function check(turns: readonly Turn[], system: string): void {
  if (turns.length === 0) throw invalid('holds nothing but system messages: ask something')
  const size = turns.reduce((sum, { content }) => sum + content.length, system.length)
  if (size > MAX_PROMPT) throw invalid(`all together may have at most ${MAX_PROMPT} characters, not ${size}`)
}

function invalid(message: string): Error {
  return httpError('HTTP_INVALID', `body.messages: ${message}`, { field: 'body.messages' })
}
