import { type ImageName, LANGUAGES_LABEL } from '../../docker-proxy/index.ts'
import { AgentctlError, messageOf } from '../../kernel/index.ts'
import type { DockerClient } from '../../platform/containers/index.ts'
import { sandboxError } from '../errors.ts'
import { type Language, languages } from '../messages.ts'
import type { Probe } from '../sandbox.ts'
import type { Containers } from './containers.ts'
import { imageOf } from './spec.ts'

const RUNTIMES = ['python', 'node'] as const

/** What is known of the images: a proxy does not list them, so a container is made of each, looked at and removed. */
export function createExamination(docker: DockerClient, containers: Containers) {
  /** What is there is not asked for again until something says otherwise. */
  const known = new Map<ImageName, Promise<readonly Language[]>>()

  async function examine(runtime: ImageName): Promise<readonly Language[]> {
    const id = await containers.create(containers.forAny(runtime, 0))
    try {
      const { labels, openings } = await docker.inspect(id)
      if (openings.length > 0) throw unsafe(docker.host, openings)
      return languagesOf(runtime, labels[LANGUAGES_LABEL])
    } finally {
      // Not waited for: a program may be waiting for this.
      void containers.remove(id)
    }
  }

  function languagesOfImage(runtime: ImageName): Promise<readonly Language[]> {
    const before = known.get(runtime)
    if (before) return before
    const now = examine(runtime)
    known.set(runtime, now)
    now.catch(() => known.delete(runtime))
    return now
  }

  async function probe(): Promise<Probe> {
    await docker.ping()
    const found: Language[] = []
    const missing: string[] = []
    for (const runtime of RUNTIMES) {
      try {
        found.push(...(await languagesOfImage(runtime)))
      } catch (error) {
        if (!isImageMissing(error)) throw error
        missing.push(`${error.message}: ${error.fix}`)
      }
    }
    return {
      ok: found.length > 0,
      languages: found,
      ...(missing.length > 0 ? { why: missing.join(' ') } : {}),
    }
  }

  return {
    /**
     * What the image runs, once containers of it were seen to have walls around them.
     * @throws AgentctlError SANDBOX_LANGUAGE_MISSING when there is no image, SANDBOX_FAILED without walls; DOCKER_UNREACHABLE, DOCKER_REFUSED
     */
    languages: languagesOfImage,
    /** Images may have changed. */
    forget: () => known.clear(),
    /** Never rejects. */
    probe: () =>
      probe().catch((error): Probe => {
        known.clear()
        return { ok: false, why: messageOf(error), languages: [] }
      }),
  }
}

function isImageMissing(error: unknown): error is AgentctlError {
  return error instanceof AgentctlError && error.code === 'SANDBOX_LANGUAGE_MISSING'
}

/** An image without the label is taken to run all that its runtime can. */
function languagesOf(runtime: ImageName, label: string | undefined): Language[] {
  const said = label?.split(',').map((language) => language.trim())
  return languages.filter((language) => imageOf[language] === runtime && (said?.includes(language) ?? true))
}

function unsafe(host: string, openings: readonly string[]) {
  return sandboxError('SANDBOX_FAILED', `containers made at ${host} lack ${openings.join(', ')}`, {
    fix: 'Give the executor the address of `agentctl docker-proxy`, not that of the Docker engine.',
  })
}
