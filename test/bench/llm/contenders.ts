import type { Target } from '../support/http-load.ts'

/** Where everything is. */
export interface Places {
  upstream: string
  portkey: string
  agentctl: string
}

export interface Contender {
  title: string
  peer: boolean
  target(places: Places): Target
}

const QUESTION = 'Explain the benefits of loyalty programs'
let asked = 0
/** No two alike, so that no cache can help. */
const newQuestion = () => `${QUESTION} (${process.pid}-${++asked})`

const chat = (content: string) =>
  JSON.stringify({
    model: 'gpt-4o-mini',
    max_tokens: 1_000,
    temperature: 0.7,
    messages: [{ role: 'user', content }],
  })
const generate = (prompt: string) =>
  JSON.stringify({ prompt, provider: 'openai', model: 'gpt-4o-mini', max_tokens: 1_000, temperature: 0.7 })

const COMPLETIONS = '/v1/chat/completions'
const KEY = { authorization: 'Bearer bench' }

export const CONTENDERS = {
  direct: {
    title: 'the provider itself',
    peer: false,
    target: ({ upstream }) => ({
      origin: upstream,
      path: COMPLETIONS,
      headers: KEY,
      body: () => chat(newQuestion()),
    }),
  },
  portkey: {
    title: 'Portkey gateway',
    peer: true,
    target: ({ portkey, upstream }) => ({
      origin: portkey,
      path: COMPLETIONS,
      headers: { ...KEY, 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` },
      body: () => chat(newQuestion()),
    }),
  },
  agentctl: {
    title: 'agentctl, not in the cache',
    peer: false,
    target: ({ agentctl }) => ({
      origin: agentctl,
      path: '/generate',
      headers: KEY,
      body: () => generate(newQuestion()),
    }),
  },
  'agentctl-hit': {
    title: 'agentctl, from the cache',
    peer: false,
    target: ({ agentctl }) => ({
      origin: agentctl,
      path: '/generate',
      headers: KEY,
      body: () => generate(QUESTION),
    }),
  },
} as const satisfies Record<string, Contender>

export type ContenderName = keyof typeof CONTENDERS
export const CONTENDER_NAMES = Object.keys(CONTENDERS) as ContenderName[]
