import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ImageName, withTag } from '../docker-proxy/index.ts'
import { AgentctlError, messageOf } from '../kernel/index.ts'
import { hasDebianPackages } from '../platform/debian/index.ts'
import type { Engine } from '../platform/engine/index.ts'
import { imagesError } from './errors.ts'
import { buildFromDebian } from './from-debian.ts'
import { buildFromRegistry } from './from-registry.ts'
import { type Wanted, wantedImage } from './image.ts'
import { findImage } from './list.ts'
import { recipes } from './recipes.ts'

/** `auto`: a registry where one answers, else Debian packages. */
export const from = ['auto', 'registry', 'debian'] as const
export type From = (typeof from)[number]

export interface BuildOptions {
  engine: Engine
  /** Which images, and the name and tag of each. */
  images: Readonly<Partial<Record<ImageName, string>>>
  from: From
  /** Takes base images from there instead of Docker Hub, such as `registry.local:5000/library`. */
  mirror?: string | undefined
  /** Told in plain words about every step that takes a moment. */
  say(text: string): void
}

export interface Built {
  name: ImageName
  image: string
  from: Exclude<From, 'auto'>
  languages: readonly string[]
  bytes: number
  ms: number
}

/**
 * Makes the images, one after the other; each replaces the one of the same name once it is complete.
 * @throws AgentctlError DOCKER_UNREACHABLE, IMAGES_SOURCE_MISSING, IMAGES_BUILD_FAILED
 */
export async function buildAll({ engine, images, from, mirror, say }: BuildOptions): Promise<Built[]> {
  await engine.json({ method: 'GET', path: '/version' })
  const built: Built[] = []
  let way = from
  for (const [name, image] of Object.entries(images) as [ImageName, string][]) {
    const startedAt = Date.now()
    const wanted = await wantedImage(recipes[name], withTag(image))
    const before = await findImage(engine, wanted.tag)
    const used = await make(engine, wanted, way, mirror, say)
    // Whatever kept the registry from answering would do so again, and waiting for it takes a while.
    if (way === 'auto') way = used
    const known = await findImage(engine, wanted.tag)
    if (before && before.id !== known?.id) await removeImage(engine, before.id)
    built.push({
      name,
      image: wanted.tag,
      from: used,
      languages: wanted.recipe.languages,
      bytes: known?.bytes ?? 0,
      ms: Date.now() - startedAt,
    })
  }
  return built
}

/** Of the one that was replaced; whatever still runs in it keeps it, and so does a name that somebody has given it. */
async function removeImage(engine: Engine, id: string): Promise<void> {
  const { RepoTags } = await engine.json<{ RepoTags?: string[] | null }>({
    method: 'GET',
    path: `/images/${id}/json`,
  })
  if (RepoTags?.length) return
  const answer = await engine.call({ method: 'DELETE', path: `/images/${id}` })
  answer.resume()
}

async function make(
  engine: Engine,
  wanted: Wanted,
  from: From,
  mirror: string | undefined,
  say: (text: string) => void,
): Promise<Built['from']> {
  let why = ''
  if (from !== 'debian') {
    try {
      await inFolder((folder) => buildFromRegistry(engine, wanted, mirror, folder, say))
      return 'registry'
    } catch (error) {
      why = messageOf(error)
      if (from === 'registry') throw failed(wanted, error)
      say(`${wanted.tag}: no registry (${why})`)
    }
  }
  if (!(await hasDebianPackages())) {
    const said = why === '' ? '' : `; the registry: ${why}`
    throw imagesError('IMAGES_SOURCE_MISSING', `${wanted.tag}: this system has no apt and dpkg${said}`)
  }
  try {
    await inFolder((folder) => buildFromDebian(engine, wanted, folder, say))
    return 'debian'
  } catch (error) {
    throw failed(wanted, error)
  }
}

function failed({ tag }: Wanted, cause: unknown): AgentctlError {
  if (cause instanceof AgentctlError && cause.code === 'DOCKER_UNREACHABLE') return cause
  const why = messageOf(cause).trim().split('\n').slice(0, 3).join('; ')
  return imagesError('IMAGES_BUILD_FAILED', `${tag}: ${why}`, { cause })
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-image-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
    await rm(`${folder}.tar`, { force: true })
  }
}
