import { check, IMAGE } from '../option.ts'
import type { ComposeOptions } from './render.ts'

/**
 * The compose file of the whole system, as text.
 * @throws AgentctlError EXPORT_INVALID naming the option at fault
 */
export async function exportCompose({ image }: ComposeOptions = {}): Promise<string> {
  check('image', image, IMAGE, 'is no name of an image')
  const { renderCompose } = await import('./render.ts')
  return renderCompose({ image })
}
