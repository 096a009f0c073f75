import { randomBytes } from 'node:crypto'

/** Crockford's base 32, in lower case: its order is that of ASCII. */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz'
const RANDOM_BYTES = 10

/**
 * A new id: 26 letters and digits, those of a later millisecond after those of an earlier one.
 * The layout is that of ULID (github.com/ulid/spec): 48 bits of time and 80 of chance.
 * @param now milliseconds since 1970
 */
export function newEvalId(now: number, random: (size: number) => Uint8Array = randomBytes): string {
  const time = Array.from({ length: 10 }, (_, i) => digit(Math.floor(now / 32 ** (9 - i)) % 32))
  return time.join('') + encode(random(RANDOM_BYTES))
}

/** Five bits a digit. */
function encode(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    for (; bits >= 5; bits -= 5) text += digit((held >> (bits - 5)) & 31)
    held &= (1 << bits) - 1
  }
  return text
}

const digit = (value: number) => DIGITS[value] as string

/** Whether it can be the id of an evaluation; it is part of keys. */
export function isEvalId(text: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(text)
}
