import { LABELS, PROXY_LABEL } from '../contract.ts'

/** A container as the engine lists it. */
export interface Listed {
  Id: string
  State: string
  Labels?: Readonly<Record<string, string>> | null
}

/** Why a container is taken away. */
export type Why = 'deadline' | 'exited' | 'abandoned'

export interface Due {
  id: string
  why: Why
}

/** Milliseconds for whoever ran a program to fetch how it ended. */
export const EXITED_FOR = 60_000

const HAS_ENDED: readonly string[] = ['exited', 'dead']

/**
 * Which containers are to be taken away.
 * @param seen when each was first seen to have ended, in milliseconds since 1970
 * @param isGone whether the proxy of this label runs no more
 */
export function dueContainers(
  containers: readonly Listed[],
  now: number,
  seen: ReadonlyMap<string, number>,
  isGone: (proxy: string) => boolean,
): Due[] {
  const why = ({ Id, State, Labels }: Listed): Why | undefined => {
    // One with a deadline that cannot be read would otherwise live for ever.
    if (!(Number(Labels?.[LABELS.deadline]) > now)) return 'deadline'
    if (HAS_ENDED.includes(State) && now - (seen.get(Id) ?? now) >= EXITED_FOR) return 'exited'
    const proxy = Labels?.[PROXY_LABEL]
    return proxy !== undefined && isGone(proxy) ? 'abandoned' : undefined
  }
  return containers.flatMap((container) => {
    const reason = why(container)
    return reason === undefined ? [] : [{ id: container.Id, why: reason }]
  })
}

/** When each of those that have ended was first seen so. */
export function noteEnded(
  containers: readonly Listed[],
  now: number,
  seen: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const ended = containers.filter(({ State }) => HAS_ENDED.includes(State))
  return new Map(ended.map(({ Id }) => [Id, seen.get(Id) ?? now]))
}
