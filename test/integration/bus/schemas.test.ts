import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { SCHEMAS } from '../../../src/runtime/bus/index.ts'
import { createBusScene, entriesOf, notes, settled, TYPE } from '../../support/bus.ts'

const scene = createBusScene()
const NAMED = { type: 'object', required: ['name'] }

describe('a stored schema', () => {
  it('is known to other programs, as JSON Schema', async () => {
    const [one, two] = [scene.bus(), scene.bus()]
    await one.schemas.store(TYPE, '1', z.object({ n: z.number() }))
    await expect(two.publish(TYPE, { n: 'x' })).rejects.toMatchObject({
      code: 'EVENT_DATA_INVALID',
      field: 'data.n',
    })
    await two.publish(TYPE, { n: 1 })
    expect((await entriesOf(scene.redis))[0]?.fields.version).toBe('1')
    expect(await two.schemas.list(TYPE)).toMatchObject([{ type: TYPE, version: '1', origin: 'stored' }])
    expect(JSON.parse((await scene.redis.hget(SCHEMAS, `${TYPE}@1`)) ?? '')).toMatchObject({
      required: ['n'],
    })
  })

  it('is known at once to who has stored or removed it', async () => {
    const { schemas } = scene.bus()
    await schemas.check(TYPE, undefined, {}, 'publish')
    await schemas.store(TYPE, '1', NAMED)
    await expect(schemas.check(TYPE, undefined, {}, 'publish')).rejects.toThrow(/name/)
    expect(await schemas.remove(TYPE, '1')).toBe(true)
    expect(await schemas.remove(TYPE, '1')).toBe(false)
    expect(await schemas.check(TYPE, undefined, {}, 'publish')).toBeUndefined()
  })

  it('gives way to one of the same version that the program has registered', async () => {
    const bus = scene.bus()
    await bus.schemas.store(TYPE, '1', NAMED)
    bus.schemas.register(TYPE, '1', {})
    await bus.publish(TYPE, {})
    expect(await bus.schemas.list(TYPE)).toMatchObject([{ origin: 'local' }])
  })

  it('that cannot be used is left out, and harms nobody', async () => {
    await scene.redis.hset(
      SCHEMAS,
      `${TYPE}@1`,
      '{broken',
      `${TYPE}@2`,
      '{"type":"nothing"}',
      `${TYPE}@3`,
      'null',
    )
    await scene.redis.hset(SCHEMAS, 'nonsense', '{}')
    const bus = scene.bus()
    await bus.publish(TYPE, 1)
    expect(await bus.schemas.list(TYPE)).toEqual([])
  })

  it('is refused when it is none, and nothing is stored', async () => {
    const { schemas } = scene.bus()
    await expect(schemas.store(TYPE, '1', { type: 'nothing' })).rejects.toMatchObject({
      code: 'SCHEMA_INVALID',
    })
    await expect(schemas.store('No', '1', {})).rejects.toMatchObject({ code: 'EVENT_TYPE_INVALID' })
    expect(await scene.redis.exists(SCHEMAS)).toBe(0)
  })

  it('of an older version is that of events which say so', async () => {
    const bus = scene.bus()
    bus.schemas.register(TYPE, '1', { required: ['old'] })
    bus.schemas.register(TYPE, '2', { required: ['new'] })
    const seen = notes<unknown>()
    bus.subscribe(TYPE, (data, { event }) => seen.add([event.version, data]))
    await bus.start()
    await bus.publish(TYPE, { old: 1 }, { version: '1' })
    await bus.publish(TYPE, { new: 1 })
    expect((await seen.until(2)).sort()).toEqual([
      ['1', { old: 1 }],
      ['2', { new: 1 }],
    ])
    await settled(scene.redis)
  })
})
