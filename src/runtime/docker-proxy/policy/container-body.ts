import { COMMANDS, LABELS, PROXY_LABEL, USER, WORKING_DIR } from '../contract.ts'
import type { AllowedImages, ContainerRequest } from './create-request.ts'

/**
 * The body of `POST /containers/create` as it goes to the engine. It is made here from nothing: of what was asked for
 * it has numbers within limits, variables of known names and checked labels.
 * @param proxy which proxy makes it
 */
export function containerBody(request: ContainerRequest, images: AllowedImages, proxy: string): object {
  const [program = '', ...args] = COMMANDS[request.image]
  const { labels, memory, cpuSeconds, openFiles } = request
  return {
    Image: images[request.image],
    // Both: the image may have an entry point of its own.
    Entrypoint: [program],
    Cmd: args,
    Env: [...request.env],
    Labels: {
      [LABELS.eval]: labels.eval,
      [LABELS.owner]: labels.owner,
      [LABELS.deadline]: String(labels.deadline),
      [PROXY_LABEL]: proxy,
    },
    User: USER,
    WorkingDir: WORKING_DIR,
    Hostname: 'sandbox',
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'none',
      CgroupnsMode: 'private',
      LogConfig: { Type: 'none' },
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      Privileged: false,
      Init: request.init,
      Memory: memory,
      // The same: no swap.
      MemorySwap: memory,
      NanoCpus: request.nanoCpus,
      PidsLimit: request.pids,
      Tmpfs: { '/tmp': `rw,noexec,nosuid,nodev,mode=1777,size=${request.tmp}` },
      Ulimits: [
        { Name: 'nofile', Soft: openFiles, Hard: openFiles },
        { Name: 'core', Soft: 0, Hard: 0 },
        // SIGXCPU at the first, SIGKILL at the second.
        { Name: 'cpu', Soft: cpuSeconds, Hard: cpuSeconds + 1 },
      ],
    },
  }
}
