import { fileURLToPath } from 'node:url'
import type { Target } from '../support/http-load.ts'

/** Answers at once, so that what is measured is the way there and back. */
export const HANDLER = fileURLToPath(new URL('handler.mjs', import.meta.url))

/** A new chat for each request, read to its end. */
export function chats(origin: string): Target {
  let made = 0
  return {
    origin,
    get path() {
      return `/stream?feature_id=bench&chat_id=c${process.pid}-${made++}`
    },
    headers: {},
    body: () => '{"prompt":"hello"}',
  }
}
