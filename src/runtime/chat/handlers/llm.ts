import { AgentctlError, FatalError } from '../../kernel/index.ts'
import type { GenerateRequest, LlmClient } from '../../llm/index.ts'
import type { ChatHandler, ChatInput } from '../handler.ts'

type Turn = NonNullable<GenerateRequest['messages']>[number]

const ROLES: readonly string[] = ['user', 'assistant', 'system'] satisfies Turn['role'][]
const GO_ON =
  'Your answer was cut off. Go on exactly where it stops, with no introduction and without repeating any of it.'

/** How often an answer is begun or gone on with: a replica may die in the middle of it. */
const BEGINNINGS = 3

/**
 * Answers with the tokens of a language model, each piece a message. After a crash, of the worker or of the replica that was
 * asked, the model is given what has been said and asked to go on, so that no reader sees anything twice.
 */
export function createLlmHandler(llm: Pick<LlmClient, 'stream'>): ChatHandler {
  return async function* (input, context) {
    const asked = turnsOf(input)
    let said = context.written > 0 ? (await context.resume()).join('') : ''
    for (let beginnings = 1; ; beginnings++) {
      const before = said
      try {
        const messages = turnsAfter(asked, said)
        for await (const piece of llm.stream({ messages }, { signal: context.signal })) {
          said += piece
          yield piece
        }
        return
      } catch (error) {
        context.signal.throwIfAborted()
        // Before the first piece other replicas have been asked already.
        if (said === before || beginnings === BEGINNINGS || !isPassing(error)) throw error
        context.log.warn({ reason: error.message }, 'the answer broke off: having another replica go on')
      }
    }
  }
}

function turnsAfter(asked: Turn[], said: string): Turn[] {
  if (said === '') return asked
  return [...asked, { role: 'assistant', content: said }, { role: 'user', content: GO_ON }]
}

function isPassing(error: unknown): error is AgentctlError {
  return error instanceof AgentctlError && error.retryable
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
