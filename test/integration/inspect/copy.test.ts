import { describe, expect, it } from 'vitest'
import { copying } from '../../../src/cli/changes/copy.ts'
import {
  copyStream,
  createFilter,
  findTarget,
  planCopy,
  rangeOf,
} from '../../../src/runtime/inspect/index.ts'
import { add, createScene, GROUP, idsIn, STREAM } from './scene.ts'

const scene = createScene()
const TARGET = 'copy:of:it'

function wish(more: Partial<Parameters<typeof planCopy>[1]> = {}) {
  const all = createFilter([], undefined)
  return { from: STREAM, to: TARGET, ...rangeOf(undefined, undefined), wanted: all, keepIds: true, ...more }
}

async function copy(more: Parameters<typeof wish>[0] = {}) {
  const plan = await planCopy(scene.redis, wish(more))
  return { plan, result: await copyStream(scene.redis, wish(more), plan) }
}

describe('copying a stream', () => {
  it('is planned with exact counts, and changes nothing until it is done', async () => {
    await add(scene.redis, 1, 250)
    const plan = await planCopy(scene.redis, wish())
    expect(plan).toEqual({
      ...{ from: STREAM, to: TARGET, entries: 250, wanted: 250, target_length: 0, end: '250-0' },
    })
    expect(await scene.redis.exists(TARGET)).toBe(0)
    await add(scene.redis, 251, 255)
    expect(await copyStream(scene.redis, wish(), plan)).toEqual({ copied: 250, skipped: 0 })
    expect(await idsIn(scene.redis, TARGET)).toEqual((await idsIn(scene.redis)).slice(0, 250))
    expect(await scene.redis.xlen(STREAM)).toBe(255)
  })

  it('keeps fields as they are, doubled ones and strange ones too', async () => {
    await scene.redis.xadd(STREAM, '1-0', 'a', '1', 'a', '2', '', 'empty', 'é\n\x1b', '日本')
    await copy()
    expect(await scene.redis.xrange(TARGET, '-', '+')).toEqual(await scene.redis.xrange(STREAM, '-', '+'))
  })

  it('takes a part: by id, by time, by what is in it', async () => {
    for (let i = 1; i <= 5; i++)
      await scene.redis.xadd(STREAM, `${1_732_153_000_000 + i}-0`, 'data', JSON.stringify({ n: i % 2 }))
    const part = rangeOf('1732153000002-0', '2024-11-21T01:36:40.004Z')
    expect((await copy(part)).plan).toMatchObject({ entries: 3, wanted: 3 })
    const odd = await copy({ wanted: createFilter(['n=1'], undefined), keepIds: false, to: 'odd' })
    expect(odd).toMatchObject({ plan: { entries: 5, wanted: 3 }, result: { copied: 3 } })
    expect((await copy({ ...rangeOf('1-0', '2-0') })).plan).toMatchObject({ entries: 0, end: null })
  })

  it('gives new ids, which groups of the target are given, or leaves out what is there', async () => {
    await add(scene.redis, 1, 3)
    await add(scene.redis, 2, 2, TARGET)
    expect((await copy()).result).toEqual({ copied: 1, skipped: 2 })
    expect(await idsIn(scene.redis, TARGET)).toEqual(['2-0', '3-0'])
    await scene.redis.xgroup('CREATE', TARGET, GROUP, '$')
    expect((await copy({ keepIds: false })).result).toEqual({ copied: 3, skipped: 0 })
    const read = (await scene.redis.xreadgroup('GROUP', GROUP, 'c', 'STREAMS', TARGET, '>')) as [
      string,
      unknown[],
    ][]
    expect(read[0]?.[1]).toHaveLength(3)
  })

  it('compares ids as Redis does, however long they are', async () => {
    const ids = ['9-18446744073709551615', '10-9007199254740993', '10-18446744073709551614']
    for (const id of ids) await scene.redis.xadd(STREAM, id, 'a', 'b')
    await scene.redis.xadd(TARGET, '10-9007199254740992', 'a', 'b')
    expect((await copy()).result).toEqual({ copied: 2, skipped: 1 })
  })

  it('copies entries of a megabyte, and thousands of small ones', async () => {
    for (let i = 1; i <= 3; i++) await scene.redis.xadd(STREAM, `${i}-0`, 'data', 'x'.repeat(1_000_000))
    await add(scene.redis, 4, 2_500)
    expect((await copy()).result).toEqual({ copied: 2_500, skipped: 0 })
  })

  it('refuses itself, and what is no stream', async () => {
    await add(scene.redis, 1, 1)
    await scene.redis.set('text', 'x')
    await expect(copy({ to: STREAM })).rejects.toMatchObject({ code: 'COPY_ONTO_ITSELF' })
    await expect(copy({ to: 'text' })).rejects.toMatchObject({ code: 'STREAM_WRONG_TYPE' })
    await expect(findTarget(scene.redis, 'text')).rejects.toMatchObject({ code: 'STREAM_WRONG_TYPE' })
    expect(await findTarget(scene.redis, 'task.retry')).toBe('agent:stream:task.retry')
    expect(await findTarget(scene.redis, 'my:stream')).toBe('my:stream')
  })

  it('says what it will do and what it has done', async () => {
    await add(scene.redis, 1, 2)
    await add(scene.redis, 1, 1, TARGET)
    const change = copying(scene.redis, wish())
    const plan = await change.plan()
    expect(change.what(plan)).toBe(`Copy 2 entries of 2 from ${STREAM} to ${TARGET}`)
    expect(change.warnings(plan)).toEqual([
      `${TARGET} has 1 entry already; its groups will be given the new ones.`,
    ])
    expect(change.done(await change.apply(plan), plan)).toContain('Copied 1 entry')
  })
})
