import { beforeEach, describe, expect, it } from 'vitest'
import {
  type Breaker,
  type BreakerState,
  createBreaker,
  type Permit,
} from '../../../src/runtime/resilience/index.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

let clock: FakeClock
let breaker: Breaker
let changes: BreakerState[]

const make = (options = {}) =>
  createBreaker({
    clock,
    random: () => 0,
    failures: 3,
    openFor: 1_000,
    longest: 4_000,
    successes: 2,
    probeTimeout: 500,
    onChange: (state) => changes.push(state),
    ...options,
  })

beforeEach(() => {
  clock = createFakeClock(1_000_000)
  changes = []
  breaker = make()
})

function enter(): Permit {
  const permit = breaker.enter()
  if (!permit) throw new Error('refused')
  return permit
}
const fail = (times: number) => {
  for (let i = 0; i < times; i++) enter().failed()
}

describe('a closed breaker', () => {
  it('opens after so many failures in a row, and refuses', () => {
    fail(2)
    expect(breaker.state()).toBe('closed')
    fail(1)
    expect(breaker.state()).toBe('open')
    expect(breaker.enter()).toBeUndefined()
    expect(breaker.remaining()).toBe(1_000)
  })

  it('counts failures in a row: a success between them starts anew, what was cancelled does not', () => {
    fail(2)
    enter().succeeded()
    fail(2)
    enter().cancelled()
    expect(breaker.state()).toBe('closed')
    fail(1)
    expect(breaker.state()).toBe('open')
  })

  it('opens at a rate of failures that never come in a row', () => {
    breaker = make({ rate: 0.5, minimum: 10, window: 10_000 })
    for (let i = 0; i < 4; i++) {
      enter().succeeded()
      enter().failed()
    }
    expect(breaker.state()).toBe('closed')
    enter().succeeded()
    enter().failed()
    expect(breaker.state()).toBe('open')
  })

  it('forgets what is older than the window', async () => {
    breaker = make({ rate: 0.5, minimum: 10, window: 10_000 })
    for (let i = 0; i < 4; i++) {
      enter().succeeded()
      enter().failed()
    }
    await clock.advance(11_000)
    enter().succeeded()
    enter().failed()
    expect(breaker.state()).toBe('closed')
  })

  it('listens to each permit once', () => {
    const permit = enter()
    permit.failed()
    permit.failed()
    permit.failed()
    expect(breaker.state()).toBe('closed')
  })
})

describe('a breaker that was open for its time', () => {
  beforeEach(async () => {
    fail(3)
    await clock.advance(1_000)
  })

  it('lets exactly one probe through', () => {
    const probe = enter()
    expect(breaker.state()).toBe('half-open')
    expect(breaker.enter()).toBeUndefined()
    probe.succeeded()
    expect(breaker.enter()).toBeDefined()
  })

  it('closes after so many probes that succeed', () => {
    enter().succeeded()
    expect(breaker.state()).toBe('half-open')
    enter().succeeded()
    expect(breaker.state()).toBe('closed')
    expect(changes).toEqual(['open', 'half-open', 'closed'])
  })

  it('opens again for twice as long when a probe fails, up to the longest time', async () => {
    const times = []
    for (let i = 0; i < 4; i++) {
      enter().failed()
      times.push(breaker.remaining())
      await clock.advance(breaker.remaining())
    }
    expect(times).toEqual([2_000, 4_000, 4_000, 4_000])
  })

  it('starts with the short time again once it was closed', () => {
    enter().succeeded()
    enter().succeeded()
    fail(3)
    expect(breaker.remaining()).toBe(1_000)
  })

  it('does not wait for a probe that hangs, and ignores what becomes of it', async () => {
    const hung = enter()
    await clock.advance(499)
    expect(breaker.enter()).toBeUndefined()
    await clock.advance(1)
    const second = enter()
    expect(breaker.enter()).toBeUndefined()
    hung.failed()
    expect(breaker.state()).toBe('half-open')
    second.succeeded()
    enter().succeeded()
    expect(breaker.state()).toBe('closed')
  })

  it('gives the permit of a cancelled probe to the next', () => {
    enter().cancelled()
    expect(breaker.enter()).toBeDefined()
  })
})

it('ignores work that was begun before it opened', async () => {
  const slow = enter()
  const slower = enter()
  fail(3)
  slow.succeeded()
  expect(breaker.state()).toBe('open')
  await clock.advance(1_000)
  enter().succeeded()
  slower.failed()
  expect(breaker.state()).toBe('half-open')
})

it('stays open a little longer by chance', () => {
  breaker = make({ random: () => 1 })
  fail(3)
  expect(breaker.remaining()).toBeCloseTo(1_100)
})
