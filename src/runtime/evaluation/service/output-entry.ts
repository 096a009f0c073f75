import type { StreamEntry } from '../../platform/streams/index.ts'
import { type OutputName, outputName } from '../../sandbox/index.ts'

/** One entry of the stream of an evaluation's live output. */
export interface OutputEntry {
  /** `attempt`: another attempt begins, and what was written before is void. */
  kind: 'output' | 'attempt' | 'end'
  attempt: number
  name: OutputName
  text: string
  /** Characters that were written under this name before, by the same attempt. */
  at: number
}

export function toOutputEntry({ fields }: StreamEntry): OutputEntry {
  const { kind, attempt, name, text = '', at } = fields
  return {
    kind: kind === 'attempt' || kind === 'end' ? kind : 'output',
    attempt: Number(attempt) || 1,
    name: outputName.catch('stdout').parse(name),
    text,
    at: Number(at) || 0,
  }
}
