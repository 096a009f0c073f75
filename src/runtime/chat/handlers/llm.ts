import { FatalError } from '../../kernel/index.ts'
import type { GenerateRequest, LlmClient } from '../../llm/index.ts'
import type { ChatHandler, ChatInput } from '../handler.ts'

type Turn = NonNullable<GenerateRequest['messages']>[number]

const ROLES: readonly string[] = ['user', 'assistant', 'system'] satisfies Turn['role'][]
const GO_ON =
  'Your answer was cut off. Go on exactly where it stops, with no introduction and without repeating any of it.'

/**
 * Answers with the tokens of a language model, each piece a message. After a crash the model is given what has been said
 * and asked to go on, so that no reader sees anything twice.
 */
export function createLlmHandler(llm: Pick<LlmClient, 'stream'>): ChatHandler {
  return async function* (input, context) {
    const said = context.written > 0 ? (await context.resume()).join('') : ''
    const asked = turnsOf(input)
    const messages: Turn[] =
      said === '' ? asked : [...asked, { role: 'assistant', content: said }, { role: 'user', content: GO_ON }]
    yield* llm.stream({ messages }, { signal: context.signal })
  }
}

/** @throws FatalError naming what a model cannot be told */
function turnsOf({ prompt, messages }: ChatInput): Turn[] {
  if (messages === undefined) {
    if (prompt === undefined || prompt.trim() === '')
      throw new FatalError('a model needs something to answer: send {"prompt":"…"} or {"messages":[…]}')
    return [{ role: 'user', content: prompt }]
  }
  return messages.map(({ role, content }, i) => {
    if (!ROLES.includes(role))
      throw new FatalError(`messages[${i}].role is "${role}", not one of ${ROLES.join(', ')}`)
    if (typeof content !== 'string') throw new FatalError(`messages[${i}].content is not a text`)
    return { role: role as Turn['role'], content }
  })
}
