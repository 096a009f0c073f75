// Asks a consumer and waits for its answer. Run it with
//   npx agentctl serve            in another terminal, or set REDIS_URL
//   node examples/events/request-response.ts
// Requester and responder are usually two programs; here they are one.
import { type AgentctlError, createEventBus, FatalError } from 'agentctl/bus'

const responder = createEventBus({ name: 'translator' })
responder.subscribe<{ word: string }>('translation.wanted', ({ word }) => {
  const known: Record<string, string> = { stream: 'Strom', event: 'Ereignis' }
  if (known[word] === undefined) throw new FatalError(`"${word}" is not in the dictionary`)
  return { german: known[word] } // what a handler returns is the reply
})
await responder.start({ group: 'translators' })

const requester = createEventBus()
const { result } = await requester.request<{ german: string }>('translation.wanted', { word: 'stream' })
console.log(`stream is ${result.german}`)

for (const [type, word] of [
  ['translation.wanted', 'xyzzy'],
  ['nobody.listens', 'event'],
] as const) {
  try {
    await requester.request(type, { word }, { timeout: 1_000 })
  } catch (error) {
    console.log(`${word}: ${(error as AgentctlError).code}, ${(error as AgentctlError).message}`)
  }
}

await requester.close()
await responder.close()
