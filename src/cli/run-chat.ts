import type { z } from 'zod'
import { type ChatMessage, followChat } from '../runtime/chat/index.ts'
import { printable } from '../runtime/platform/log/index.ts'
import { interrupted } from './interrupted.ts'
import { resolveSettings } from './settings.ts'

export interface RunChatOptions {
  chat: { feature: string; chat: string }
  prompt: string | undefined
  settings: z.ZodObject
  flags: Record<string, unknown>
  /** `text` joins the messages, as tokens; `lines` and `json` print one a line. */
  form: 'json' | 'lines' | 'text'
  say(text: string): void
}

/** Follows a chat to its end and prints it. */
export async function runChat({ chat, prompt, settings, flags, form, say }: RunChatOptions): Promise<void> {
  const { gatewayUrl, apiKey, retryFor } = resolveSettings(settings, flags).values as {
    gatewayUrl: string
    apiKey?: string
    retryFor: number
  }
  const body = prompt === undefined ? undefined : { prompt }
  let lost = false
  const following = { url: gatewayUrl, apiKey, chat, body, retryFor, signal: interrupted() }
  for await (const event of followChat(following)) {
    if (event.type === 'message') {
      process.stdout.write(render(event.message, form))
      lost = false
    } else if (event.type === 'gap') say('Some messages are missing: the answer begins anew.')
    else if (!lost) {
      say(`Connection lost (${event.why}), trying again …`)
      lost = true
    }
  }
  if (form === 'text') process.stdout.write('\n')
}

function render(message: ChatMessage, form: RunChatOptions['form']): string {
  if (form === 'json') return `${JSON.stringify(message)}\n`
  const text = typeof message.message === 'string' ? message.message : JSON.stringify(message.message)
  return form === 'lines' ? `${printable(text)}\n` : printable(text, true)
}
