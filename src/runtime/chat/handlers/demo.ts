import { setTimeout as pause } from 'node:timers/promises'
import type { ChatHandler } from '../handler.ts'

const MESSAGES = 20
/** Milliseconds between two messages: slow enough to watch, quick enough to wait for. */
const PAUSE = 100

/** Twenty numbered messages; needs nothing and shows that everything works. */
export const demo: ChatHandler = async function* ({ feature_id, chat_id }, { signal }) {
  for (let i = 0; i < MESSAGES; i++) {
    if (i > 0) await pause(PAUSE, undefined, { signal })
    yield `Message ${i} from feature ${feature_id}, chat ${chat_id}`
  }
}
