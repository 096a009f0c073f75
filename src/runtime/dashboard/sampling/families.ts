import type { Probe, StreamFamily } from '../../platform/probe/index.ts'

/** A set in Redis that tells which streams there are. */
export interface Registry {
  key: string
  /** The streams that a member stands for. */
  streamsOf(member: string): string[]
}

/** What the probes say about streams, put together. */
export interface Families {
  /** `other` for streams that no room knows. */
  kindOf(stream: string): string
  readonly registries: readonly Registry[]
}

export function createFamilies(probes: readonly Probe[], cluster: boolean): Families {
  // The longest pattern says most: replies to requests are in streams of events, too.
  const families = probes
    .flatMap(({ streams = [] }) => streams)
    .toSorted((a, b) => b.pattern.length - a.pattern.length)
    .map((family) => ({ ...family, expression: toExpression(family.pattern) }))
  const byRegistry = Map.groupBy(
    families.filter(({ registry }) => registry !== undefined),
    ({ registry }) => registry as string,
  )
  return {
    kindOf: (stream) => families.find(({ expression }) => expression.test(stream))?.kind ?? 'other',
    registries: [...byRegistry].map(([key, kept]) => ({
      key,
      streamsOf: (member) => kept.map((family) => keyIn(family, member, cluster)),
    })),
  }
}

function keyIn(family: StreamFamily, member: string, cluster: boolean): string {
  return family.keyOf?.(member, cluster) ?? member
}

/** A glob pattern as Redis matches keys with, as a regular expression. */
export function toExpression(pattern: string): RegExp {
  const parts = pattern.match(/\\.|\[\^?(?:\\.|[^\]])*\]|./gsu) ?? []
  return new RegExp(`^${parts.map(toPart).join('')}$`, 'su')
}

function toPart(part: string): string {
  if (part === '*') return '.*'
  if (part === '?') return '.'
  if (part.length > 1 && part.startsWith('[')) return part
  const plain = part.length > 1 && part.startsWith('\\') ? part.slice(1) : part
  return plain.replace(/[\\^$.*+?()[\]{}|/-]/gu, (character) => `\\${character}`)
}
