import { randomBytes } from 'node:crypto'
import { evalContainer, type ImageName, LABELS, poolContainer } from '../../docker-proxy/index.ts'
import { type Logger, messageOf } from '../../kernel/index.ts'
import type { Attachment, ContainerSpec, DockerClient } from '../../platform/containers/index.ts'
import { sandboxError } from '../errors.ts'
import type { Task } from '../messages.ts'
import type { Owner } from './owner.ts'
import { containerSpec, defaultLimits, imageOf } from './spec.ts'

/** A container whose runner waits for a program. */
export interface Standing {
  runtime: ImageName
  id: string
  attachment: Attachment
}

export interface ContainersOptions {
  docker: DockerClient
  /** Tags of the images. */
  images: Readonly<Record<ImageName, string>>
  owner: Owner
  log: Logger
  /** Milliseconds since 1970. */
  now: () => number
}

export interface Containers {
  /** What a container for a program is to be like. */
  forTask(task: Task): ContainerSpec
  /** A container with the default limits, for whatever comes within so many milliseconds. */
  forAny(runtime: ImageName, waits: number): ContainerSpec
  /** @throws AgentctlError SANDBOX_LANGUAGE_MISSING when there is no such image; DOCKER_UNREACHABLE, DOCKER_REFUSED */
  create(spec: ContainerSpec): Promise<string>
  /** Makes one and starts it; nothing is left behind when that fails. @throws as `create` */
  start(runtime: ImageName, spec: ContainerSpec): Promise<Standing>
  /** Ends and removes one. Never rejects: the reaper of the proxy has the last word. */
  remove(id: string): Promise<void>
  /** Removes what this owner has left behind before; how many there were. */
  reap(): Promise<number>
  /** Resolves when all that was to be removed is. */
  settled(): Promise<void>
}

/** The containers of this process: how they are named, and which they are. */
export function createContainers({ docker, images, owner, log, now }: ContainersOptions): Containers {
  /** Names by id, and names of those that have no id yet. */
  const names = new Map<string, string>()
  const removals = new Set<Promise<void>>()

  async function create(spec: ContainerSpec): Promise<string> {
    names.set(spec.name, spec.name)
    try {
      const id = await createAnyway(docker, spec)
      names.set(id, spec.name)
      return id
    } finally {
      names.delete(spec.name)
    }
  }

  function remove(id: string): Promise<void> {
    const removal = docker
      .remove(id)
      .catch((error) => log.warn({ container: id, reason: messageOf(error) }, 'container left to the reaper'))
      .finally(() => {
        removals.delete(removal)
        names.delete(id)
      })
    removals.add(removal)
    return removal
  }

  const common = (runtime: ImageName) => ({ image: images[runtime], owner: owner.label, now: now() })

  return {
    forTask({ language, limits, eval_id, attempt }) {
      const runtime = imageOf[language]
      const name = evalContainer(eval_id, attempt)
      return containerSpec(runtime, limits, { ...common(runtime), name, evaluation: eval_id, waits: 0 })
    },
    forAny(runtime, waits) {
      const name = poolContainer(randomBytes(8).toString('hex'))
      return containerSpec(runtime, defaultLimits, { ...common(runtime), name, evaluation: 'pool', waits })
    },
    create,
    async start(runtime, spec) {
      const id = await create(spec)
      // At once: a runner says nothing before it is given a program, so that nothing is missed.
      const [attached, started] = await Promise.allSettled([docker.attach(id), docker.start(id)])
      if (attached.status === 'fulfilled' && started.status === 'fulfilled') {
        return { runtime, id, attachment: attached.value }
      }
      if (attached.status === 'fulfilled') attached.value.close()
      void remove(id)
      throw started.status === 'rejected' ? started.reason : (attached as PromiseRejectedResult).reason
    },
    remove,
    async reap() {
      const ours = new Set(names.values())
      const left = (await docker.list(LABELS.owner)).filter(
        ({ name, label }) => !ours.has(name) && owner.isForerunner(label),
      )
      await Promise.all(left.map(({ id }) => docker.remove(id)))
      return left.length
    },
    async settled() {
      await Promise.all(removals)
    },
  }
}

async function createAnyway(docker: DockerClient, spec: ContainerSpec): Promise<string> {
  let created = await docker.create(spec)
  if ('refused' in created && created.refused === 'name_taken') {
    // Left by an executor that was killed while it ran this very attempt.
    await docker.remove(spec.name)
    created = await docker.create(spec)
  }
  if ('id' in created) return created.id
  if (created.refused === 'name_taken') throw sandboxError('SANDBOX_FAILED', `the name ${spec.name} is taken`)
  throw sandboxError('SANDBOX_LANGUAGE_MISSING', `there is no image ${spec.image}`, {
    fix: 'Make the images with `agentctl images build`.',
  })
}
