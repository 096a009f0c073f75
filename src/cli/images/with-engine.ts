import type { ImageName } from '../../runtime/docker-proxy/index.ts'
import { createEngine, type Engine } from '../../runtime/platform/engine/index.ts'
import { resolveSettings } from '../settings.ts'
import { engineOnly } from './image-flags.ts'

/** Calls `use` with the engine of the settings, and with what its images are called. */
export async function withEngine<T>(
  flags: Record<string, unknown>,
  use: (engine: Engine, images: Readonly<Record<ImageName, string>>) => Promise<T>,
): Promise<T> {
  const { dockerHost, pythonImage, nodeImage } = resolveSettings(engineOnly, flags).values
  const engine = createEngine(dockerHost)
  try {
    return await use(engine, { python: pythonImage, node: nodeImage })
  } finally {
    engine.close()
  }
}
