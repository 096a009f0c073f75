import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * A handler of chats that writes twenty messages, but waits after the tenth until it is told to go on: what is done to a chat
 * before is done in its middle, however slow the machine is.
 */
export function heldHandler(dir: string): { file: string; goOn(): void } {
  const [file, go] = ['held.ts', 'go'].map((name) => join(dir, name)) as [string, string]
  const source = `
import { existsSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
export default async function* ({ feature_id, chat_id }, { signal }) {
  for (let i = 0; i < 20; i++) {
    while (i === 10 && !existsSync(${JSON.stringify(go)})) await pause(20, undefined, { signal })
    await pause(100, undefined, { signal })
    yield 'Message ' + i + ' from feature ' + feature_id + ', chat ' + chat_id
  }
}`
  writeFileSync(file, source)
  return { file, goOn: () => writeFileSync(go, '') }
}
