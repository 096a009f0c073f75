import {
  CLEANUP,
  CREATE,
  cleanupMessage,
  createMessage,
  DELETE,
  deleteMessage,
  isOrchestratorAlive,
  LIST,
  listMessage,
  orchestratorError,
  readMessage,
} from '../../runtime/orchestrator/index.ts'
import { redisUrlOf } from '../../runtime/platform/redis/index.ts'
import { connectToServe, runningServe } from '../../runtime/supervisor/index.ts'
import { withBus } from '../events/with-bus.ts'
import { resolveSettings } from '../settings.ts'
import { stateDirOf } from '../state-only.ts'
import { redisOnly } from '../streams/stream-flags.ts'
import { withRedis } from '../with-redis.ts'

const MESSAGES = {
  [CREATE]: createMessage,
  [DELETE]: deleteMessage,
  [CLEANUP]: cleanupMessage,
  [LIST]: listMessage,
} as const

export interface Question {
  type: keyof typeof MESSAGES
  data: Record<string, unknown>
  /** Seconds that the work itself may take. */
  wait?: number
  /** Told about every step that takes a moment. */
  say(text: string): void
}

/** Seconds for the way there and back, with an orchestrator that is just starting. */
const ON_THE_WAY = 30

/**
 * Asks the orchestrator over the event bus; where a serve runs here that has not needed one yet, starts it.
 * @throws AgentctlError FEATURE_INVALID, ORCHESTRATOR_AWAY, EVENT_REQUEST_TIMEOUT, EVENT_REQUEST_FAILED, REDIS_UNREACHABLE
 */
export async function askOrchestrator<T>(
  flags: Record<string, unknown>,
  { type, data, wait = 0, say }: Question,
): Promise<T> {
  readMessage(MESSAGES[type], data)
  if (!(await withRedis(redisOnly, flags, isOrchestratorAlive))) await startWithServe(flags, say)
  const timeout = (wait + ON_THE_WAY) * 1_000
  const { result } = await withBus(redisOnly, flags, (bus) => bus.request<T>(type, data, { timeout }))
  return result
}

/** Only where the serve that runs here is what is asked, and not a system elsewhere. */
async function startWithServe(flags: Record<string, unknown>, say: (text: string) => void): Promise<void> {
  const stateDir = stateDirOf(flags)
  const url = redisUrlOf(resolveSettings(redisOnly, flags).values)
  if (runningServe(stateDir)?.redisUrl !== url)
    throw orchestratorError('ORCHESTRATOR_AWAY', 'none has given a sign of life to this Redis lately')
  say('Starting the orchestrator')
  await connectToServe(stateDir).scale('orchestrator', 1)
}
