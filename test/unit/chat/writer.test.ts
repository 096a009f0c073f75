import { describe, expect, it } from 'vitest'
import type { AppendStatus, NewEntry, Transcript } from '../../../src/runtime/chat/transcript.ts'
import { createWriter, MAX_MESSAGES } from '../../../src/runtime/chat/writer.ts'

/** A transcript in memory that obeys the rules of append.lua, and can lose its tail. */
function memory() {
  const entries: NewEntry[] = []
  let refusal: AppendStatus | undefined
  const transcript = {
    async append(_chat: unknown, entry: NewEntry) {
      const newest = entries.length - 1
      if (refusal) return { status: refusal, newest }
      const seq = entry.seq ?? newest + 1
      if (seq <= newest) return { status: 'duplicate' as const, newest }
      if (seq > newest + 1) return { status: 'behind' as const, newest }
      entries.push(entry)
      return { status: 'written' as const, newest: seq }
    },
  } as unknown as Transcript
  return {
    transcript,
    data: () => entries.map(({ data }) => data),
    lose: (count: number) => entries.splice(-count),
    refuse(status: AppendStatus) {
      refusal = status
    },
  }
}

const chat = { feature: 'f', chat: 'c' }

function open() {
  const stored = memory()
  return { ...stored, writer: createWriter(stored.transcript, chat, 'r', 1) }
}

describe('a writer', () => {
  it('writes messages in order, then the end', async () => {
    const { writer, data } = open()
    for (const text of ['a', 'b']) expect(await writer.message(text)).toBe(true)
    expect(await writer.end('done', '[DONE]')).toBe(true)
    expect(data()).toEqual(['a', 'b', '[DONE]'])
  })

  it('passes over what an earlier attempt has written', async () => {
    const { writer, data, transcript } = open()
    const next = createWriter(transcript, chat, 'r', 2)
    await writer.message('a')
    await writer.message('b')
    for (const text of ['a', 'b', 'c']) expect(await next.message(text)).toBe(true)
    expect(data()).toEqual(['a', 'b', 'c'])
  })

  it('continues after what it was told to skip', async () => {
    const { writer, data, transcript } = open()
    const next = createWriter(transcript, chat, 'r', 2)
    await writer.message('a')
    next.skip(['a'])
    await next.message('new')
    expect(data()).toEqual(['a', 'new'])
  })

  it.each([1, 2, 3])('writes again what was lost: %d entries', async (count) => {
    const { writer, data, lose } = open()
    for (const text of ['a', 'b', 'c']) await writer.message(text)
    lose(count)
    expect(await writer.message('d')).toBe(true)
    expect(data()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('writes again what was lost before the end', async () => {
    const { writer, data, lose } = open()
    for (const text of ['a', 'b']) await writer.message(text)
    lose(2)
    await writer.end('done', '[DONE]')
    expect(data()).toEqual(['a', 'b', '[DONE]'])
  })

  it.each(['gone', 'ended', 'superseded'] as const)(
    'says when the run is no longer its own: %s',
    async (status) => {
      const { writer, refuse } = open()
      await writer.message('a')
      refuse(status)
      expect(await writer.message('b')).toBe(false)
      expect(await writer.end('done', '[DONE]')).toBe(false)
    },
  )

  it('refuses a message of more than a MiB', async () => {
    const { writer, data } = open()
    await expect(writer.message('x'.repeat(1024 * 1024 + 1))).rejects.toThrow(
      expect.objectContaining({ code: 'CHAT_MESSAGE_INVALID' }),
    )
    expect(await writer.message('x'.repeat(1024 * 1024))).toBe(true)
    expect(data()).toHaveLength(1)
  })

  it('refuses more messages than a chat may have', async () => {
    const { writer } = open()
    writer.skip(Array.from({ length: MAX_MESSAGES }, () => '.'))
    await expect(writer.message('one more')).rejects.toThrow(
      expect.objectContaining({ code: 'CHAT_TOO_LONG' }),
    )
  })
})
