import { constants } from 'node:os'
import type { DockerClient } from '../../platform/containers/index.ts'
import { sandboxError } from '../errors.ts'
import { type Ending, signalOfExitCode } from '../outcome.ts'
import type { Standing } from './containers.ts'
import type { RunnerRecord } from './records.ts'

/** What the runner has told of the end of its program. */
export interface RunnerEnd {
  ended?: Extract<RunnerRecord, { kind: 'ended' }>
  /** The program was about to end by itself. */
  exitCode?: number
}

type Found = Pick<Ending, 'oomSeen' | 'cpuSpent' | 'exitCode' | 'signal'>

/** Milliseconds for a container whose output has ended to end as well. */
const END_WITHIN = 5_000
/** How an engine ends containers. */
const ENDS: readonly unknown[] = ['SIGTERM', 'SIGKILL']

/**
 * How a program ended: as its runner says; where that could not say it, as the engine saw the container end.
 * @param killed we have ended it
 * @throws AgentctlError SANDBOX_FAILED when the program may still run, out of our sight, or when somebody else has ended it: an
 * engine that stops, or whoever removes containers
 */
export async function endOf(
  docker: DockerClient,
  { id, runtime }: Pick<Standing, 'id' | 'runtime'>,
  { ended, exitCode }: RunnerEnd,
  killed: boolean,
  broken: Error | undefined,
): Promise<Found> {
  if (ended) return { ...ended, signal: ended.signal === null ? null : signalName(ended.signal) }
  if (killed) return { exitCode: null, signal: 'SIGKILL', oomSeen: false, cpuSpent: false }
  if (broken) throw lost(broken)
  if (exitCode !== undefined) return { exitCode, signal: null, oomSeen: false, cpuSpent: false }
  const code = await orLost(docker.wait(id, END_WITHIN))
  if (code === undefined) throw lost(undefined)
  const { oomKilled, isRemoved } = await orLost(docker.inspect(id))
  const found = ofContainer(code, oomKilled)
  // The runner for Python outlives its program, which cannot end it. That for Node.js is the program.
  const isFromOutside = runtime === 'python' && !oomKilled && ENDS.includes(found.signal)
  if (isRemoved || isFromOutside)
    throw sandboxError('SANDBOX_FAILED', 'somebody else has ended the container')
  return found
}

/** An engine tells the number of a signal only as an exit code. */
function ofContainer(code: number, oomSeen: boolean): Found {
  const signal = signalOfExitCode(code)
  return { exitCode: signal === null ? code : null, signal, oomSeen, cpuSpent: false }
}

/** The program has begun: whoever cannot be asked about it now is not merely away. */
function orLost<T>(asking: Promise<T>): Promise<T> {
  return asking.catch((cause) => {
    throw lost(cause)
  })
}

function lost(cause: unknown) {
  return sandboxError('SANDBOX_FAILED', 'the connection to the container was lost', { cause })
}

function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, one]) => one === number)
  return found?.[0] ?? `SIG${number}`
}
