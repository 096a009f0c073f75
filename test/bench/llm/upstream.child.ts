// A provider of the OpenAI kind that answers at once: what is measured is what stands in front of it.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../support/child.ts'

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'gpt-4o-mini',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'Loyalty programs reward customers who come back.' },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 12, completion_tokens: 9, total_tokens: 21 },
})

let served = 0
const server = createServer((request, response) => {
  request.resume()
  request.once('end', () => {
    served++
    response.setHeader('content-type', 'application/json')
    response.end(ANSWER)
  })
})
await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))

const api = {
  port: () => (server.address() as AddressInfo).port,
  served: () => served,
}
export type Upstream = typeof api

answerParent(api, () => server.closeAllConnections())
