import { expect, it } from 'vitest'
import {
  digestOf,
  isSecretOf,
  newApiKey,
  parseApiKey,
  writeApiKey,
} from '../../../src/runtime/access/api-key.ts'

it('is read as it was written', () => {
  for (let i = 0; i < 200; i++) {
    const key = newApiKey()
    const text = writeApiKey(key)
    expect(text).toMatch(/^ak_[0-9a-z]{10}_[0-9A-Za-z]{49}$/)
    expect(parseApiKey(text)).toEqual(key)
  }
})

it('tells every slip of one character from a key that nobody knows', () => {
  const text = writeApiKey(newApiKey())
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === 'x' ? 'y' : 'x'
    expect(parseApiKey(text.slice(0, at) + other + text.slice(at + 1))).toBeUndefined()
    expect(parseApiKey(text.slice(0, at) + text.slice(at + 1))).toBeUndefined()
  }
})

it.each(['', 'ak_', 'sk-123', 'ak_0123456789_', `ak_0123456789_${'a'.repeat(49)}`, 'Bearer x'])(
  'takes %j for no key',
  (text) => expect(parseApiKey(text)).toBeUndefined(),
)

it('two keys have nothing in common', () => {
  const keys = Array.from({ length: 500 }, newApiKey)
  expect(new Set(keys.map(({ id }) => id)).size).toBe(500)
  expect(new Set(keys.map(({ secret }) => secret)).size).toBe(500)
})

it('knows a secret by its digest alone', () => {
  const { secret } = newApiKey()
  const digest = digestOf(secret)
  expect(digest).not.toContain(secret)
  expect(isSecretOf(secret, digest)).toBe(true)
  expect(isSecretOf(newApiKey().secret, digest)).toBe(false)
  expect(isSecretOf(secret, digest.slice(1))).toBe(false)
  expect(isSecretOf(secret, '')).toBe(false)
})
