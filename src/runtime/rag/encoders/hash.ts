import { setImmediate } from 'node:timers/promises'
import type { Encoder } from './encoder.ts'
import { unitVector } from './vectors.ts'
import { explainedIn, type Word, wordsOf } from './words.ts'

/** To be raised with every change that changes vectors: documents stored before are then not compared with new queries. */
const VERSION = 1

const WEIGHTS = { word: 1, common: 0.03, pair: 0.35, piece: 0.6, explained: 1.5 }
/** Length of the pieces that a word is cut into, so that its variants and typing errors still resemble it. */
const PIECE = 4
/** Texts encoded before others get their turn; a passage takes a fraction of a millisecond. */
const TEXTS_AT_ONCE = 16

/**
 * The built-in encoder: texts that share words, parts of words or pairs of words get similar vectors. It knows nothing of
 * meaning, needs no download and no training, and gives the same vector everywhere.
 *
 * Feature hashing with signs (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009); pieces of words
 * after fastText (Bojanowski et al., "Enriching Word Vectors with Subword Information", 2017); a feature that occurs n times
 * counts √n. With the manual of this program the page that answers a question is the first one found for about two questions
 * of three, and among the first four for nine of ten.
 */
export function createHashEncoder(dimension = 384): Encoder {
  return {
    id: VERSION === 1 ? `hash-${dimension}` : `hash${VERSION}-${dimension}`,
    dimension,
    async encode(texts, signal) {
      const vectors: Float32Array[] = []
      for (const [i, text] of texts.entries()) {
        if (i > 0 && i % TEXTS_AT_ONCE === 0) await setImmediate()
        signal?.throwIfAborted()
        vectors.push(encodeText(text, dimension))
      }
      return vectors
    },
    async close() {},
  }
}

function encodeText(text: string, dimension: number): Float32Array {
  const words = wordsOf(text)
  const features = words.length > 0 ? featuresOf(words) : new Map([[`text ${text}`, { count: 1, weight: 1 }]])
  const sums = new Float64Array(dimension)
  for (const [feature, { count, weight }] of features) {
    const value = weight * Math.sqrt(count)
    add(sums, hashOf(feature), value)
  }
  // Features that cancel out exactly leave nothing: any direction is as good as another then.
  return unitVector(sums) ?? Float32Array.from(sums, (_, i) => (i === 0 ? 1 : 0))
}

type Features = Map<string, { count: number; weight: number }>

function featuresOf(words: readonly Word[]): Features {
  const features: Features = new Map()
  const count = (feature: string, weight: number) => {
    const known = features.get(feature)
    if (known) known.count++
    else features.set(feature, { count: 1, weight })
  }
  for (const [i, { stem, common }] of words.entries()) {
    count(`word ${stem}`, common ? WEIGHTS.common : WEIGHTS.word)
    if (common) continue
    const pieces = piecesOf(stem)
    for (const piece of pieces) count(`piece ${piece}`, WEIGHTS.piece / Math.sqrt(pieces.length))
    const next = words[i + 1]
    if (next && !next.common) count(`pair ${stem} ${next.stem}`, WEIGHTS.pair)
  }
  for (const stem of explainedIn(words)) count(`explained ${stem}`, WEIGHTS.explained)
  return features
}

function piecesOf(word: string): string[] {
  const letters = [...`<${word}>`]
  if (letters.length <= PIECE) return []
  return letters.slice(PIECE - 1).map((_, i) => letters.slice(i, i + PIECE).join(''))
}

/** The place is the hash modulo the dimension, the sign its highest bit. */
function add(sums: Float64Array, hash: number, value: number): void {
  const place = (hash & 0x7fffffff) % sums.length
  sums[place] = (sums[place] ?? 0) + (hash < 0 ? -value : value)
}

/** The 32-bit FNV-1a hash of the UTF-16 code units, mixed by the finaliser of MurmurHash3. */
function hashOf(feature: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < feature.length; i++) hash = Math.imul(hash ^ feature.charCodeAt(i), 0x01000193)
  return mix(hash)
}

function mix(hash: number): number {
  let h = hash
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}
