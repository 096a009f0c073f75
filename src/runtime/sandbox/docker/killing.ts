import type { DockerClient } from '../../platform/containers/index.ts'
import type { Clock } from '../../resilience/index.ts'
import type { Killed } from '../outcome.ts'

export type KilledFor = Killed | 'cancelled'

/** Milliseconds for the output of a container to end once that was killed. */
const END_WITHIN = 10_000

export interface Killing {
  /** The first reason there was to end the program; undefined while there is none. */
  readonly why: KilledFor | undefined
  end(why: KilledFor): void
  /** Resolves when a container was to end and did not, or not in time. */
  readonly vain: Promise<void>
  /** From now on there is nothing more to end. */
  stop(): void
}

/** Ends a container before its time, once. */
export function createKilling(docker: DockerClient, id: string, clock: Clock): Killing {
  const vain = Promise.withResolvers<void>()
  let why: KilledFor | undefined
  let stopped = false
  let forget = () => {}
  return {
    get why() {
      return why
    },
    end(reason) {
      if (stopped || why !== undefined) return
      why = reason
      // Whatever comes of it: the reaper of the proxy ends what cannot be ended now.
      docker.kill(id).catch(() => vain.resolve())
      forget = clock.after(END_WITHIN, vain.resolve)
    },
    vain: vain.promise,
    stop() {
      stopped = true
      forget()
    },
  }
}
