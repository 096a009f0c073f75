import { describe, expect, it } from 'vitest'
import { publishLines } from '../../../src/cli/events/publish-lines.ts'
import type { Receipt } from '../../../src/runtime/bus/index.ts'
import { kernelError } from '../../../src/runtime/kernel/index.ts'

async function* linesOf(texts: readonly string[], goOn?: Promise<unknown>) {
  for (const [i, text] of texts.entries()) yield { line: i + 1, text }
  await goOn
}

/** Refuses the data "bad". */
const bus = {
  async send(_type: string, data: unknown): Promise<Receipt> {
    await new Promise(setImmediate)
    if (data === 'bad') throw kernelError('CONFIG_INVALID', 'bad data', { field: 'data' })
    return { eventId: String(data), entryId: '1-0', duplicate: false }
  },
}

async function publish(texts: readonly string[], goOn?: Promise<unknown>) {
  const told: string[] = []
  const end = publishLines(bus, 'a.b', linesOf(texts, goOn), {}, ({ eventId }) => told.push(eventId))
  return { told, end }
}

describe('publishLines', () => {
  it('publishes more lines than it sends at once, and tells in order', async () => {
    const numbers = Array.from({ length: 1_234 }, (_, i) => String(i))
    const { told, end } = await publish(numbers)
    await end
    expect(told).toEqual(numbers)
  })

  it('tells what is published while more is to come', async () => {
    const more = Promise.withResolvers<void>()
    const { told, end } = await publish(['1'], more.promise)
    await expect.poll(() => told).toEqual(['1'])
    more.resolve()
    await end
  })

  it('ends at the first line that fails, naming it, and tells what else was on its way', async () => {
    const { told, end } = await publish(['1', '"bad"', '3', '{'], new Promise(() => {}))
    await expect(end).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'line 2: bad data',
      field: 'data',
    })
    expect(told).toEqual(['1', '3'])
  })

  it('names the line that is no JSON', async () => {
    const { end } = await publish(['1', '{'])
    await expect(end).rejects.toMatchObject({
      code: 'EVENT_DATA_INVALID',
      message: expect.stringMatching(/^line 2: /),
    })
  })
})
