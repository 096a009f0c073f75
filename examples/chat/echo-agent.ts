// A handler: what answers a chat. Run it with
//   npx agentctl serve --handler examples/chat/echo-agent.ts
//   npx agentctl chat demo echo-1 --prompt "Streams are simple"
import { setTimeout as pause } from 'node:timers/promises'
import type { ChatHandler } from 'agentctl'

const answer: ChatHandler = async function* (input, ctx) {
  const words = (input.prompt ?? 'Give me a prompt.').split(' ')
  yield `You said, word by word:`
  for (const word of words) {
    // The signal is aborted when the chat is cancelled or takes too long.
    await pause(50, undefined, { signal: ctx.signal })
    yield ` ${word}`
  }
}

export default answer
