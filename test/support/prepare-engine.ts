import { IMAGES } from '../../src/runtime/docker-proxy/index.ts'
import { buildImages, listImages } from '../../src/runtime/images/index.ts'
import { createEngine } from '../../src/runtime/platform/engine/index.ts'
import { engineHost } from './engine.ts'

/** Has the images at hand before the first test that runs programs in containers. */
export default async function prepare(): Promise<void> {
  const host = await engineHost()
  if (host === undefined) return
  const engine = createEngine(host)
  try {
    const stale = (await listImages(engine, IMAGES)).filter(({ state }) => state !== 'ready')
    const images = Object.fromEntries(stale.map(({ name, image }) => [name, image]))
    await buildImages({ engine, images, from: 'auto', say: (text) => process.stderr.write(`${text}\n`) })
  } finally {
    engine.close()
  }
}
