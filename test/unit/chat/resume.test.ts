import { describe, expect, it } from 'vitest'
import { checkCursor, resumePoint } from '../../../src/runtime/chat/resume.ts'

const working = (id: string) => ({ kind: 'message' as const, id })
const ended = (id: string) => ({ kind: 'done' as const, id })

describe('resumePoint', () => {
  it('begins at the beginning for a new client', () => {
    expect(resumePoint(undefined, '100-0', working('100-5'))).toEqual({ after: '0-0' })
  })

  it('goes on after the last frame of a run under way', () => {
    expect(resumePoint('100-3', '100-0', working('100-5'))).toEqual({ after: '100-3' })
  })

  it('waits for what comes next when the client has everything so far', () => {
    expect(resumePoint('100-5', '100-0', working('100-5'))).toEqual({ after: '100-5' })
  })

  it('is finished when the client has the end', () => {
    expect(resumePoint('100-5', '100-0', ended('100-5'))).toEqual({ after: '100-5', finished: true })
    expect(resumePoint('100-5', '100-0', { kind: 'error', id: '100-5' })).toMatchObject({ finished: true })
  })

  it('goes on when only the end is missing', () => {
    expect(resumePoint('100-4', '100-0', ended('100-5'))).toEqual({ after: '100-4' })
  })

  it('keeps the cursor when Redis came back without its last second', () => {
    expect(resumePoint('100-9', '100-0', working('100-5'))).toEqual({ after: '100-9' })
  })

  it('begins anew, with a gap, when the cursor is of a later run than the stream', () => {
    expect(resumePoint('200-3', '100-0', working('100-5'))).toEqual({ after: '0-0', gap: 'restarted' })
    expect(resumePoint('200-3', '100-0', ended('100-5'))).toEqual({ after: '0-0', gap: 'restarted' })
  })

  it('begins anew, with a gap, when the cursor is older than the stream', () => {
    expect(resumePoint('50-3', '100-0', working('100-5'))).toEqual({ after: '0-0', gap: 'expired' })
    expect(resumePoint('100-1', '100-3', working('100-5'))).toEqual({ after: '0-0', gap: 'expired' })
  })

  it('has no gap when the stream begins just after the cursor', () => {
    expect(resumePoint('100-2', '100-3', working('100-5'))).toEqual({ after: '100-2' })
  })

  it('has no gap when the cursor is the first entry', () => {
    expect(resumePoint('100-3', '100-3', working('100-5'))).toEqual({ after: '100-3' })
  })
})

describe('checkCursor', () => {
  it('lets an entry id pass', () => {
    expect(() => checkCursor('1732153000000-7')).not.toThrow()
  })

  it.each(['', '7', '$', '-', '1-1; FLUSHALL', '１-１', 'x'.repeat(5_000)])('refuses %j', (cursor) => {
    expect(() => checkCursor(cursor)).toThrow(
      expect.objectContaining({ code: 'CHAT_CURSOR_INVALID', field: 'last_event_id', status: 400 }),
    )
  })

  it('quotes no more than a line of a hostile cursor', () => {
    expect(() => checkCursor('x'.repeat(5_000))).toThrow(/^"x{100}" /)
  })
})
