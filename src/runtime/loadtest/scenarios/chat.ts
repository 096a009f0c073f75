import { createWireClient, prepareRequest, type WireRequest } from '../../platform/wire/index.ts'
import type { Scenario } from '../scenario.ts'
import { createChatOperation } from './chat-operation.ts'
import { chatOptions, checkOptions } from './options.ts'
import { ownId } from './own-id.ts'

/**
 * Chats, each a new one: `POST /stream`, read to its `[DONE]`. A chat that ends otherwise, or with messages missing, has failed.
 * All times but the gaps are counted from when the chat was due.
 */
export const scenario: Scenario = {
  name: 'chat',
  series: [
    { name: 'latency', title: 'Whole answer' },
    { name: 'headers', title: 'Headers' },
    { name: 'first_event', title: 'First event' },
    { name: 'first_token', title: 'First token' },
    { name: 'gap', title: 'Gap between tokens' },
    { name: 'per_token', title: 'Time per token' },
  ],
  counters: ['tokens', 'reconnects', 'lost', 'repeated', 'gaps'],
  async open(context) {
    const { feature, prompt, messages, ...limits } = checkOptions(chatOptions, context.options)
    const client = createWireClient({ origin: context.target, connections: context.connections })
    const own = ownId()
    const asked = {
      ...(prompt === undefined ? {} : { prompt }),
      ...(messages === undefined ? {} : { messages }),
    }
    const body = prompt === undefined && messages === undefined ? undefined : JSON.stringify(asked)

    function requestOf(index: number, lastEventId?: string): WireRequest {
      const chat = new URLSearchParams({ feature_id: feature, chat_id: `load-${own}-${index}` })
      return prepareRequest(context.target, {
        method: 'POST',
        path: `/stream?${chat}`,
        headers: {
          accept: 'text/event-stream',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
          ...context.headers,
        },
        ...(body === undefined ? {} : { body }),
      })
    }

    const chats = createChatOperation(client, { ...limits, timeout: context.timeout, requestOf })
    return {
      begin: chats.begin,
      async close() {
        chats.close()
        await client.close()
      },
    }
  },
}
