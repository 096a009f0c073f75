// A handler that continues where the last attempt stopped, instead of starting over: what earlier attempts
// have written is given to it, as you would give a model the text so far.
import { type ChatHandler, FatalError } from 'agentctl'

const PARTS = ['Every message ', 'is written ', 'exactly once, ', 'whatever crashes.']

const answer: ChatHandler = async function* (input, ctx) {
  if (input.prompt === '') throw new FatalError('an empty prompt cannot be answered') // not tried again
  const earlier = await ctx.resume()
  if (earlier.length > 0) ctx.log.info({ written: earlier.length }, 'continuing')
  for (const part of PARTS.slice(earlier.length)) {
    if (ctx.attempt === 1 && part === PARTS[2]) throw new Error('a crash, to show what happens') // tried again
    yield part
  }
}

export default answer
