import { describe, expect, it } from 'vitest'
import { followLife } from '../../../src/runtime/sandbox/docker/life.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

function begin(wallMs = 1_000) {
  const clock = createFakeClock()
  const timeouts: number[] = []
  const seen: string[] = []
  const life = followLife({
    wallMs,
    clock,
    onBytes: (_, bytes) => seen.push(bytes.toString('latin1')),
    onTimeout: () => timeouts.push(clock.now()),
  })
  const say = (text: string) => life.write('stderr', Buffer.from(`\0${life.nonce}${text}\n`))
  return { clock, life, say, timeouts, seen }
}

describe('the life of a program', () => {
  it('lasts as long as it may from its start, however often the program says that it starts', async () => {
    const { clock, life, say, timeouts } = begin()
    await clock.advance(500)
    expect(life.ran()).toBeUndefined()
    say('S')
    await clock.advance(900)
    say('S')
    expect(life.ran()).toBe(900)
    await clock.advance(900)
    expect(timeouts).toEqual([1_500])
    life.end()
    expect(clock.pending).toBe(0)
  })

  it('has output without end when the program says without end that it starts', () => {
    const { life, say, seen } = begin()
    for (let i = 0; i < 1_000; i++) say('S')
    expect(seen).toHaveLength(996)
    life.end()
  })

  it('is over when its runner has said so on both streams, or never that it began', async () => {
    const { clock, life, say } = begin()
    say('S')
    say('E x 3 0 0')
    life.write('stdout', Buffer.from(`\0${life.nonce}E x 3 0 0\n`))
    await life.over
    expect(life.said.ended).toMatchObject({ exitCode: 3, signal: null })
    life.end()
    const silent = followLife({ wallMs: 1, clock, onBytes() {}, onTimeout() {} })
    await clock.until(silent.over)
    expect(silent.ran()).toBeUndefined()
    silent.end()
  })
})
