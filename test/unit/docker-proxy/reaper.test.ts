import { hostname } from 'node:os'
import { describe, expect, it } from 'vitest'
import {
  dueContainers,
  EXITED_FOR,
  type Listed,
  noteEnded,
} from '../../../src/runtime/docker-proxy/reaper/due.ts'
import { goneFrom, proxyIdentity } from '../../../src/runtime/docker-proxy/reaper/identity.ts'
import { createReaper } from '../../../src/runtime/docker-proxy/reaper/reaper.ts'
import type { Engine } from '../../../src/runtime/platform/engine/index.ts'
import { silent } from '../../support/redis.ts'

const NOW = 10_000_000
const container = (Id: string, State: string, deadline: unknown, proxy?: string): Listed => ({
  Id,
  State,
  Labels: {
    'agentctl.deadline': String(deadline),
    ...(proxy === undefined ? {} : { 'agentctl.proxy': proxy }),
  },
})
const never = () => false

describe('containers that are due', () => {
  it('are those past their deadline, in whatever state', () => {
    const all = [
      container('late', 'running', NOW - 1),
      container('now', 'created', NOW),
      container('early', 'running', NOW + 1),
      container('garbled', 'running', 'soon'),
      { Id: 'unlabelled', State: 'running', Labels: null },
    ]
    expect(dueContainers(all, NOW, new Map(), never)).toEqual(
      ['late', 'now', 'garbled', 'unlabelled'].map((id) => ({ id, why: 'deadline' })),
    )
  })

  it('are those that ended a minute ago, by when that was first seen', () => {
    const all = [container('ended', 'exited', NOW * 2), container('runs', 'running', NOW * 2)]
    const seen = noteEnded(all, NOW, new Map())
    expect(dueContainers(all, NOW, seen, never)).toEqual([])
    const later = noteEnded(all, NOW + EXITED_FOR, seen)
    expect(dueContainers(all, NOW + EXITED_FOR - 1, later, never)).toEqual([])
    expect(dueContainers(all, NOW + EXITED_FOR, later, never)).toEqual([{ id: 'ended', why: 'exited' }])
  })

  it('are forgotten once they are no longer there', () => {
    const seen = noteEnded([container('ended', 'exited', NOW)], NOW, new Map())
    expect(noteEnded([], NOW, seen).size).toBe(0)
  })

  it('are those of a proxy that runs no more', () => {
    const all = [container('a', 'running', NOW * 2, 'gone'), container('b', 'running', NOW * 2, 'alive')]
    expect(dueContainers(all, NOW, new Map(), (proxy) => proxy === 'gone')).toEqual([
      { id: 'a', why: 'abandoned' },
    ])
  })
})

describe('whether a proxy runs no more', () => {
  const own = proxyIdentity()
  const isGone = goneFrom(own, (pid) => pid === 4242)

  it('is seen by its process', () => {
    expect(isGone(own)).toBe(false)
    expect(isGone(proxyIdentity())).toBe(false)
    expect(isGone(`${hostname()}/4242/1/x`)).toBe(false)
    expect(isGone(`${hostname()}/4243/1/x`)).toBe(true)
  })

  it('is known of one that had our process id before us', () => {
    expect(isGone(`${hostname()}/${process.pid}/1/x`)).toBe(true)
  })

  it('is not known of other hosts', () => {
    expect(isGone('elsewhere/4243/1/x')).toBe(false)
  })

  it('is asked of the system', () => {
    const real = goneFrom(own)
    expect(real(`${hostname()}/${process.ppid}/1/x`)).toBe(false)
    expect(real(`${hostname()}/4194305/1/x`)).toBe(true)
  })
})

describe('an engine that never answers', () => {
  it('does not end all reaping', async () => {
    let calls = 0
    const never = ({ signal }: { signal?: AbortSignal }) =>
      new Promise<never>((_, reject) => {
        calls += 1
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    const engine = { json: never, call: never } as unknown as Engine
    const nothing = () => {}
    const reaper = createReaper({
      ...{ engine, proxy: 'p', isGone: () => false, now: () => NOW, log: silent },
      ...{ onDue: nothing, onReaped: nothing, answerWithin: 10 },
    })
    expect(await reaper.sweep()).toBe(0)
    expect(await reaper.sweep()).toBe(0)
    expect(await reaper.clear()).toBe(0)
    expect(calls).toBe(3)
  })
})
