import { AgentctlError } from '../runtime/kernel/index.ts'
import { isSpared, type Restarted, type ServeClient, targetsOf } from '../runtime/supervisor/index.ts'

/**
 * Restarts what a target names, one replica after another, and tells of each. Ended in between, the rest stays as it was.
 * @throws AgentctlError SERVE_TARGET_UNKNOWN, RESTART_FAILED
 */
export async function runRestart(
  client: Pick<ServeClient, 'status' | 'restart'>,
  target: string,
  say: (text: string) => void,
): Promise<Restarted> {
  const done: Restarted = { restarted: [], in_place: [], left_alone: [] }
  const found = targetsOf((await client.status()).replicas, target)
  const wanted = found.filter((replica) => !isSpared(target, replica))
  done.left_alone.push(...found.filter((replica) => !wanted.includes(replica)).map(({ name }) => name))
  for (const [place, { name }] of wanted.entries()) {
    const began = performance.now()
    const { restarted, in_place, left_alone } = await client.restart(name).catch(unlessGone(name))
    done.restarted.push(...restarted)
    done.in_place.push(...in_place)
    done.left_alone.push(...left_alone)
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    const how = left_alone.length > 0 ? 'is no longer there' : `restarted in ${seconds} s`
    say(`[${place + 1}/${wanted.length}] ${name} ${how}${in_place.length > 0 ? ', stopped first' : ''}`)
  }
  if (done.left_alone.length > 0) say(`Left as they are: ${done.left_alone.join(', ')}`)
  return done
}

/** It may have been taken away since it was listed: roles are scaled, too. */
function unlessGone(name: string): (error: unknown) => Restarted {
  return (error) => {
    if (!(error instanceof AgentctlError) || error.code !== 'SERVE_TARGET_UNKNOWN') throw error
    return { restarted: [], in_place: [], left_alone: [name] }
  }
}
