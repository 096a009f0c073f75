import { describe, expect, it } from 'vitest'
import { parseStat } from '../../../src/runtime/platform/process/index.ts'
import { denoArguments } from '../../../src/runtime/sandbox/deno/flags.ts'
import { exceeded } from '../../../src/runtime/sandbox/deno/watch.ts'
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
