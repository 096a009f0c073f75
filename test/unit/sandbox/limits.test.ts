import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseStat } from '../../../src/runtime/platform/process/index.ts'
import { denoArguments, denoEnvironment } from '../../../src/runtime/sandbox/deno/flags.ts'
import { exceeded, watchLimits } from '../../../src/runtime/sandbox/deno/watch.ts'
import { createDoor } from '../../../src/runtime/sandbox/executor/token.ts'

describe('what a process uses', () => {
  it('is read from the line of the kernel, whatever the program is called', () => {
    const name = '(a) b) (c'
    const fields = 'S 1 2 2 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 7 0 3632906 900000000 5000 1844'
    expect(parseStat(`42 (${name}) ${fields} 1 1 0`, 4_096)).toEqual({
      cpu: 1_680,
      threads: 7,
      memory: 5_000 * 4_096,
    })
  })
})

describe('limits', () => {
  const atStart = { memory: 200, cpu: 400, threads: 6 }
  const allowed = { memory: 100, cpu: 1_000, threads: 10 }

  it.each([
    ['nothing yet', {}, undefined],
    ['all it may', { memory: 300, cpu: 1_390, threads: 16 }, undefined],
    ['more memory', { memory: 301 }, 'out_of_memory'],
    ['more threads', { threads: 17 }, 'out_of_memory'],
    ['all its processor time', { cpu: 1_400 }, 'cpu_timeout'],
    ['more of both', { memory: 301, cpu: 1_400 }, 'out_of_memory'],
  ])('with %s', (_, used, reason) => {
    expect(exceeded({ ...atStart, ...used }, atStart, allowed)).toBe(reason)
  })

  describe('that are watched', () => {
    beforeEach(() => void vi.useFakeTimers())
    afterEach(() => void vi.useRealTimers())

    it('hold for the time where nothing can be read, and for the rest as soon as it can', () => {
      const ended: string[] = []
      let used: typeof atStart | undefined
      const watch = () => {
        const onExceeded = (reason: string) => void ended.push(reason)
        return watchLimits({ usage: () => used, allowed, wall: 1_000, onExceeded })
      }
      watch()
      vi.advanceTimersByTime(2_000)
      expect(ended).toEqual(['wall_timeout'])
      watch()
      used = atStart
      vi.advanceTimersByTime(50)
      used = { ...atStart, memory: 301 }
      vi.advanceTimersByTime(2_000)
      expect(ended).toEqual(['wall_timeout', 'out_of_memory'])
      expect(vi.getTimerCount()).toBe(0)
    })
  })
})

describe('the permissions of Deno', () => {
  it('are none but to read what is named', () => {
    const args = denoArguments('/boot.mjs', ['/a', '/b'], [])
    expect(args.filter((arg) => arg.startsWith('--allow'))).toEqual(['--allow-read=/a,/b'])
    expect(denoArguments('/boot.mjs', [], [])).toContain('--deny-read')
    for (const kind of ['import', 'net', 'write', 'env', 'run', 'ffi', 'sys'])
      expect(args).toContain(`--deny-${kind}`)
    expect(args.at(-1)).toBe('/boot.mjs')
  })

  it('are none for graphics, which have a variable for that', () => {
    expect(denoEnvironment).toMatchObject({ DENO_WEBGPU_BACKEND: 'none' })
  })
})

describe('the door', () => {
  const door = createDoor('secret')
  it('opens for the secret, and for nothing else', () => {
    expect(() => door({ authorization: 'Bearer secret' })).not.toThrow()
    expect(() => door({ authorization: 'bearer  secret ' })).not.toThrow()
    for (const authorization of [
      'Bearer',
      'Bearer ',
      'Bearer secre',
      'Bearer secrets',
      'Basic secret',
      'secret',
    ])
      expect(() => door({ authorization }), authorization).toThrow(/secret/)
    expect(() => door({})).toThrow(expect.objectContaining({ code: 'EXECUTOR_TOKEN_REFUSED', status: 401 }))
  })
})
