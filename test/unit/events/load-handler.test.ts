import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { EventContext } from '../../../src/runtime/bus/index.ts'
import { loadEventHandler } from '../../../src/runtime/events/load-handler.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-event-handlers-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('loadEventHandler', () => {
  it.each([
    ['function', 'export default (data, { delivery }) => data.n + delivery'],
    ['async function', 'export default async function (data, { delivery }) { return data.n + delivery }'],
  ])('loads an %s', async (what, text) => {
    const handler = await loadEventHandler(write(`${what.replace(' ', '-')}.mjs`, text))
    expect(await handler({ n: 1 }, { delivery: 2 } as EventContext)).toBe(3)
  })

  it('loads TypeScript as it is, by a relative path', async () => {
    const file = write('typed.ts', 'export default (data: { n: number }): number => data.n as number')
    const handler = await loadEventHandler(relative(process.cwd(), file))
    expect(await handler({ n: 1 }, {} as EventContext)).toBe(1)
  })

  it.each([
    ['missing.mjs', undefined, 'does not exist'],
    ['broken.mjs', 'export default (', 'does not load'],
    ['named.mjs', 'export const handler = () => {}', 'missing'],
    ['object.mjs', 'export default {}', 'of type object'],
    ['class.mjs', 'export default class Handler {}', 'a class'],
    ['generator.mjs', 'export default async function* () {}', 'a generator'],
  ])('refuses %s', async (name, text, why) => {
    const file = text === undefined ? join(folder, name) : write(name, text)
    await expect(loadEventHandler(file)).rejects.toMatchObject({
      code: 'EVENT_HANDLER_INVALID',
      kind: 'usage',
      field: 'handler',
      message: expect.stringContaining(why),
    })
  })
})
