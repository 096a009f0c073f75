import type { Metrics } from '../platform/metrics/index.ts'
import { BEGINNING } from '../platform/streams/index.ts'
import type { Chat, RunInput } from './messages.ts'
import { checkCursor, type ResumePoint, resumePoint } from './resume.ts'
import type { Runs } from './runs.ts'
import type { ChatState, Transcript } from './transcript.ts'

export interface Opened {
  run: string
  from: ResumePoint
  input: RunInput
}

/** Starts a chat, or joins it, and finds where a client goes on. */
export type Opening = (
  chat: Chat,
  body: RunInput | undefined,
  cursor: string | undefined,
  run?: string,
) => Promise<Opened>

export function createOpening({
  runs,
  transcript,
  metrics,
}: {
  runs: Runs
  transcript: Transcript
  metrics: Metrics
}): Opening {
  const started = metrics.counter('chat_runs_started_total', 'Chats for which a job was added')
  return async (chat, body, cursor, run) => {
    if (cursor !== undefined) checkCursor(cursor)
    const state = await runs.open(chat, body, run)
    if (state.won) started.inc()
    return { ...(await whereToStart(transcript, chat, state, cursor, body)), run: state.run }
  }
}

async function whereToStart(
  transcript: Transcript,
  chat: Chat,
  state: ChatState & { won: boolean },
  cursor: string | undefined,
  body: RunInput | undefined,
): Promise<{ from: ResumePoint; input: RunInput }> {
  if (state.won) {
    const from: ResumePoint =
      cursor === undefined ? { after: BEGINNING } : { after: BEGINNING, gap: 'expired' }
    return { from, input: body ?? {} }
  }
  const first = await transcript.first(chat)
  const input = body ?? (first?.kind === 'open' ? (JSON.parse(first.data) as RunInput) : {})
  return { from: resumePoint(cursor, first?.id ?? state.id, state), input }
}
