import type Docker from 'dockerode'

export interface ContainerState {
  /** Something in it was killed for want of memory. */
  oomKilled: boolean
  /** Somebody is about to remove it, or has half done so. */
  isRemoved: boolean
  /** Its own, and those of its image. */
  labels: Readonly<Record<string, string>>
  /** What is missing of the walls around it; empty when it is as safe as we want it. */
  openings: readonly string[]
}

type Check = (config: Docker.ContainerInspectInfo['Config'], host: Docker.HostConfig) => boolean

const WALLS: Readonly<Record<string, Check>> = {
  'a network of its own': (_, { NetworkMode }) => NetworkMode === 'none',
  'a file system that cannot be written': (_, { ReadonlyRootfs }) => ReadonlyRootfs === true,
  'dropped capabilities': (_, { CapDrop, CapAdd }) => startsWith(CapDrop, 'all') && isEmpty(CapAdd),
  'no-new-privileges': (_, { SecurityOpt }) => startsWith(SecurityOpt, 'no-new-privileges'),
  'a user without rights': ({ User }, { Privileged }) => /^[1-9]/.test(User) && !Privileged,
  'distance from the files of the host': (_, { Binds, Mounts, Devices }) =>
    isEmpty(Binds) && isEmpty(Mounts) && isEmpty(Devices),
  'a limit of memory': (_, { Memory, MemorySwap }) => (Memory ?? 0) > 0 && MemorySwap === Memory,
  'a limit of processes': (_, { PidsLimit }) => (PidsLimit ?? 0) > 0,
}

export function stateOf({ State, Config, HostConfig }: Docker.ContainerInspectInfo): ContainerState {
  return {
    oomKilled: State.OOMKilled,
    isRemoved: State.Dead || State.Status === 'removing',
    labels: Config.Labels ?? {},
    openings: Object.keys(WALLS).filter((wall) => !WALLS[wall]?.(Config, HostConfig)),
  }
}

function isEmpty(list: readonly unknown[] | null | undefined): boolean {
  return !list?.length
}

function startsWith(list: string | readonly string[] | null | undefined, start: string): boolean {
  return [list ?? []].flat().some((one) => one.toLowerCase().startsWith(start))
}
