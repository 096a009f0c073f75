import type { ImageName } from '../../runtime/docker-proxy/index.ts'
import { type Built, buildImages, type From, imagesError } from '../../runtime/images/index.ts'
import { withEngine } from './with-engine.ts'

/**
 * Makes the images that are named, all of them without a name.
 * @throws AgentctlError IMAGES_UNKNOWN, and what making images throws
 */
export function runBuild(
  names: readonly string[],
  { from, mirror }: { from: From; mirror?: string | undefined },
  flags: Record<string, unknown>,
  say: (text: string) => void,
): Promise<Built[]> {
  return withEngine(flags, (engine, all) =>
    buildImages({ engine, images: choose(names, all), from, mirror, say }),
  )
}

function choose(
  names: readonly string[],
  all: Readonly<Record<ImageName, string>>,
): Partial<Record<ImageName, string>> {
  const unknown = names.find((name) => !Object.hasOwn(all, name))
  if (unknown !== undefined) {
    const known = Object.keys(all).join(' and ')
    throw imagesError('IMAGES_UNKNOWN', `"${unknown}" is none; there are ${known}`, { field: 'image' })
  }
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => names.length === 0 || names.includes(name)),
  )
}
