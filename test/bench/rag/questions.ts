import type { Target } from '../support/http-load.ts'

const TOPICS = [
  'chat',
  'event',
  'worker',
  'stream',
  'schema',
  'replica',
  'cache',
  'crash',
  'gateway',
  'group',
]
let asked = 0

const headers = {}
const post =
  (path: string, body: () => object) =>
  (origin: string): Target => ({
    origin,
    path,
    headers,
    body: () => JSON.stringify(body()),
  })

/** No two alike, so that every stage has its work to do. */
export const newQuestion = post('/query', () => {
  const topic = TOPICS[++asked % TOPICS.length]
  return { query: `What happens to a ${topic} in case ${process.pid}-${asked}?` }
})

/** Always the same: encoder, retriever and LLM service answer from their caches. */
export const sameQuestion = post('/query', () => ({
  query: 'What happens to a chat when its worker is killed?',
}))

/** What a replica is asked, past the pipeline. */
export const newPrompt = post('/generate', () => ({
  prompt: `What happens in case ${process.pid}-${++asked}?`,
}))
