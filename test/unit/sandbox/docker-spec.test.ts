import { describe, expect, it } from 'vitest'
import { ALLOWED, LABELS, MAX_DEADLINE } from '../../../src/runtime/docker-proxy/index.ts'
import { encodeFrame } from '../../../src/runtime/sandbox/docker/frame.ts'
import {
  containerSpec,
  defaultLimits,
  fitsDefault,
  imageOf,
} from '../../../src/runtime/sandbox/docker/spec.ts'
import { languages, limits, task } from '../../../src/runtime/sandbox/index.ts'

const options = { name: 'n', image: 'i', owner: 'executor-1', evaluation: 'e', now: 1_000, waits: 0 }
const most = limits.parse({ wall_ms: 60_000, cpu_ms: 30_000, memory_mb: 512, output_bytes: 1024, pids: 256 })

describe('container of a program', () => {
  it('has what the program may use and what its runtime needs', () => {
    const spec = containerSpec('python', limits.parse({ memory_mb: 64, pids: 8 }), options)
    expect(spec.memory).toBeGreaterThan(64 * 2 ** 20)
    expect(spec.pids).toBeGreaterThan(8)
    expect(spec.labels).toEqual({
      [LABELS.eval]: 'e',
      [LABELS.owner]: 'executor-1',
      [LABELS.deadline]: String(1_000 + 10_000 + 60_000),
    })
  })

  it.each([...new Set(Object.values(imageOf))])('asks for no more than the proxy allows: %s', (runtime) => {
    const spec = containerSpec(runtime, most, { ...options, now: 0, waits: 6 * 60_000 })
    expect(spec.memory).toBeLessThanOrEqual(ALLOWED.memory.most)
    expect(spec.pids).toBeLessThanOrEqual(ALLOWED.pids.most)
    expect(spec.cpuSeconds).toBeLessThanOrEqual(ALLOWED.cpuSeconds.most)
    expect(Number(spec.labels[LABELS.deadline])).toBeLessThanOrEqual(MAX_DEADLINE)
  })

  it('is as one that stands ready if only what others watch over differs', () => {
    for (const language of languages) {
      const runtime = imageOf[language]
      expect(fitsDefault(runtime, limits.parse({ wall_ms: 60_000, output_bytes: 4_096 }))).toBe(true)
      expect(fitsDefault(runtime, { ...defaultLimits, memory_mb: 129 })).toBe(false)
      expect(fitsDefault(runtime, { ...defaultLimits, pids: 63 })).toBe(false)
    }
    expect(fitsDefault('python', { ...defaultLimits, cpu_ms: 1_000 })).toBe(true)
    expect(fitsDefault('node', { ...defaultLimits, cpu_ms: 1_000 })).toBe(false)
  })
})

it('a frame says what to run, and then what the program reads', () => {
  const wanted = task.parse({
    eval_id: 'e',
    attempt: 1,
    language: 'python',
    code: 'print("ü")',
    stdin: 'für\0dich',
    args: ['a b', '', 'ö'],
  })
  const frame = encodeFrame(wanted, 'nonce')
  const size = Number.parseInt(frame.subarray(0, 8).toString(), 16)
  const [nonce, language, cpu, code, ...args] = frame
    .subarray(8, 8 + size)
    .toString()
    .split('\0')
  expect({ nonce, language, cpu, args }).toEqual({
    nonce: 'nonce',
    language: 'python',
    cpu: '5000',
    args: ['a b', '', 'ö'],
  })
  const end = 8 + size + Number(code)
  expect(frame.subarray(8 + size, end).toString()).toBe('print("ü")')
  expect(frame.subarray(end).toString()).toBe('für\0dich')
})
