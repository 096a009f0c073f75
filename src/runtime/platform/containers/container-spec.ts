import type Docker from 'dockerode'

/** What of a container differs from one to the next. */
export interface ContainerSpec {
  name: string
  image: string
  command: readonly string[]
  env: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  /** Bytes, swap included. */
  memory: number
  /** Processes and threads. */
  pids: number
  /** Of a processor, for each process. */
  cpuSeconds: number
  /** Whether the engine puts a process of its own before the command, which hands on its exit and takes in orphans. */
  init: boolean
}

/** As dockerode is asked for it. Body and query apart: it would put all of the body into the query as well. */
export function createRequest(spec: ContainerSpec): Docker.ContainerCreateOptions {
  return { _query: { name: spec.name }, _body: bodyOf(spec) } as Docker.ContainerCreateOptions
}

/** Without the walls around it: those are the proxy's to build. */
function bodyOf(spec: ContainerSpec): Docker.ContainerCreateOptions {
  return {
    Image: spec.image,
    Cmd: [...spec.command],
    Env: Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...spec.labels },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      Init: spec.init,
      Memory: spec.memory,
      PidsLimit: spec.pids,
      Ulimits: [{ Name: 'cpu', Soft: spec.cpuSeconds, Hard: spec.cpuSeconds }],
    },
  }
}
