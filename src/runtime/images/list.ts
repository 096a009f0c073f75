import { type ImageName, LANGUAGES_LABEL, withTag } from '../docker-proxy/index.ts'
import type { Engine } from '../platform/engine/index.ts'
import { RUNNER_LABEL, wantedImage } from './image.ts'
import { recipes } from './recipes.ts'

/** What is known of an image of ours. */
export interface Known {
  name: ImageName
  image: string
  /** `outdated`: made by another version of agentctl. */
  state: 'ready' | 'outdated' | 'missing'
  languages: readonly string[]
  bytes: number
  created_at: string | null
}

interface EngineImage {
  Id: string
  Size: number
  Created: number
  Labels: Record<string, string> | null
}

interface Found {
  id: string
  bytes: number
  createdAt: string
  labels: Record<string, string>
}

export async function findImage(engine: Engine, tag: string): Promise<Found | undefined> {
  const filters = JSON.stringify({ reference: [tag] })
  const path = `/images/json?${new URLSearchParams({ filters })}`
  const [image] = await engine.json<EngineImage[]>({ method: 'GET', path })
  return (
    image && {
      id: image.Id,
      bytes: image.Size,
      createdAt: new Date(image.Created * 1000).toISOString(),
      labels: image.Labels ?? {},
    }
  )
}

/**
 * The images of ours, made or not.
 * @throws AgentctlError DOCKER_UNREACHABLE
 */
export function listImages(engine: Engine, images: Readonly<Record<ImageName, string>>): Promise<Known[]> {
  return Promise.all(
    (Object.entries(images) as [ImageName, string][]).map(([name, image]) =>
      describe(engine, name, withTag(image)),
    ),
  )
}

async function describe(engine: Engine, name: ImageName, image: string): Promise<Known> {
  const [found, wanted] = await Promise.all([findImage(engine, image), wantedImage(recipes[name], image)])
  if (!found) return { name, image, state: 'missing', languages: [], bytes: 0, created_at: null }
  const current = found.labels[RUNNER_LABEL] === wanted.labels[RUNNER_LABEL]
  return {
    name,
    image,
    state: current ? 'ready' : 'outdated',
    languages: (found.labels[LANGUAGES_LABEL] ?? '').split(',').filter(Boolean),
    bytes: found.bytes,
    created_at: found.createdAt,
  }
}
