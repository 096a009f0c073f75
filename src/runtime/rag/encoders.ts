import type { Logger } from '../kernel/index.ts'
import type { Encoder } from './encoders/encoder.ts'
import { ragError } from './errors.ts'
import type { EncoderSettings } from './settings.ts'

type Open = (settings: EncoderSettings, log: Logger) => Promise<Encoder>

/** Every encoder by its name in the settings; loaded when it is opened. A new one is one file and one line here. */
const encoders: Readonly<Record<string, Open>> = {
  hash: async ({ encoderDimension }) =>
    (await import('./encoders/hash.ts')).createHashEncoder(encoderDimension),
  openai: async (settings) => (await import('./encoders/openai.ts')).openOpenAiEncoder(settings),
  transformers: async (settings, log) =>
    (await import('./encoders/transformers.ts')).openTransformersEncoder(settings, log),
}

export const encoderNames: readonly string[] = Object.keys(encoders)

/**
 * Opens the encoder that the settings name.
 * @throws AgentctlError RAG_ENCODER_UNKNOWN when there is none of this name, or it lacks something; RAG_ENCODER_FAILED when its
 * dimension must be asked for and it does not answer
 */
export async function openEncoder(settings: EncoderSettings, log: Logger): Promise<Encoder> {
  const open = Object.hasOwn(encoders, settings.encoder) ? encoders[settings.encoder] : undefined
  if (open) return open(settings, log)
  throw ragError('RAG_ENCODER_UNKNOWN', `"${settings.encoder}" is none of ${encoderNames.join(', ')}`, {
    field: 'encoder',
  })
}
