import { describe, expect, it } from 'vitest'
import { createPlaces } from '../../../src/runtime/sandbox/places.ts'

const { signal } = new AbortController()

describe('places', () => {
  it('are given first come, first served', async () => {
    const places = createPlaces(1)
    const leave = await places.enter(signal)
    const order: string[] = []
    const second = places.enter(signal).then((left) => {
      order.push('second')
      left?.()
    })
    const third = places.enter(signal).then((left) => {
      order.push('third')
      left?.()
    })
    expect(places).toMatchObject({ taken: 1, waiting: 2, full: true })
    leave?.()
    leave?.() // leaving twice frees nothing twice
    await Promise.all([second, third])
    expect(order).toEqual(['second', 'third'])
    expect(places).toMatchObject({ taken: 0, waiting: 0, full: false })
  })

  it('are not given to whoever left the line', async () => {
    const places = createPlaces(1)
    const leave = await places.enter(signal)
    const leaving = new AbortController()
    const gone = places.enter(leaving.signal)
    const patient = places.enter(signal)
    leaving.abort()
    expect(await gone).toBeUndefined()
    leave?.()
    expect(await patient).toBeTypeOf('function')
    expect(await places.enter(AbortSignal.abort())).toBeUndefined()
  })

  it('are given to nobody once closed', async () => {
    const places = createPlaces(1)
    await places.enter(signal)
    const waiting = places.enter(signal)
    places.close()
    expect(await waiting).toBeUndefined()
    expect(await places.enter(signal)).toBeUndefined()
  })
})
