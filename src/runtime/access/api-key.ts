import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** An API key, taken apart. */
export interface ApiKey {
  /** What it is called in lists and logs; no secret. */
  readonly id: string
  readonly secret: string
}

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const FORM = /^ak_([0-9a-z]{10})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/
const ID = /^[0-9a-z]{10}$/
const [ID_LENGTH, SECRET_LENGTH, CHECKSUM_LENGTH] = [10, 43, 6]
const SECRET_BYTES = 32

/** A new key of the form `ak_ID_SECRET`: 256 random bits, and a checksum at the end that tells a slip from a key nobody knows. */
export function newApiKey(): ApiKey {
  const id = Array.from(randomBytes(ID_LENGTH), (byte) => (byte % 32).toString(32)).join('')
  return { id, secret: inDigits(BigInt(`0x${randomBytes(SECRET_BYTES).toString('hex')}`), SECRET_LENGTH) }
}

export function writeApiKey({ id, secret }: ApiKey): string {
  const text = `ak_${id}_${secret}`
  return text + checksumOf(text)
}

/** Undefined for what was never a key: mistyped, cut short, or something else altogether. */
export function parseApiKey(text: string): ApiKey | undefined {
  const [, id, secret, checksum] = FORM.exec(text) ?? []
  if (id === undefined || secret === undefined) return undefined
  return checksumOf(`ak_${id}_${secret}`) === checksum ? { id, secret } : undefined
}

export function isKeyId(text: string): boolean {
  return ID.test(text)
}

/**
 * What is kept of a key. One round of SHA-256 is enough: slow hashes are for what people make up, and nobody guesses
 * 256 random bits, however quickly each guess is tried. And it costs a microsecond with each request, not a tenth of a second.
 */
export function digestOf(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex')
}

/** Whether the digest is that of the secret; how long it takes tells nothing of where they differ. */
export function isSecretOf(secret: string, digest: string): boolean {
  const own = Buffer.from(digestOf(secret))
  const known = Buffer.from(digest)
  return own.length === known.length && timingSafeEqual(own, known)
}

function checksumOf(text: string): string {
  return inDigits(BigInt(crc32(text)), CHECKSUM_LENGTH)
}

function inDigits(value: bigint, length: number): string {
  let text = ''
  for (let rest = value; rest > 0n; rest /= 62n) text = DIGITS[Number(rest % 62n)] + text
  return text.padStart(length, '0')
}
