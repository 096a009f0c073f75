import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChatContext } from '../../../src/runtime/chat/handler.ts'
import { demo } from '../../../src/runtime/chat/handlers/demo.ts'
import { type HandlerMeans, loadHandler } from '../../../src/runtime/chat/handlers/load.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-handlers-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

/** Handlers of modules need none. */
const noMeans = {} as HandlerMeans

async function answersOf(file: string): Promise<unknown[]> {
  const handler = await (await loadHandler(file))(noMeans)
  const answers: unknown[] = []
  for await (const answer of handler({ feature_id: 'f', chat_id: 'c' }, {} as ChatContext))
    answers.push(answer)
  return answers
}

describe('loadHandler', () => {
  it('knows the demo by name', async () => {
    expect(await (await loadHandler('demo'))(noMeans)).toBe(demo)
  })

  it('loads the default export of a module', async () => {
    const file = write('plain.mjs', 'export default async function* ({ chat_id }) { yield chat_id }')
    expect(await answersOf(file)).toEqual(['c'])
  })

  it('loads TypeScript as it is', async () => {
    const file = write(
      'typed.ts',
      'interface Input { chat_id: string }\nexport default async function* ({ chat_id }: Input) { yield { text: chat_id as string } }',
    )
    expect(await answersOf(file)).toEqual([{ text: 'c' }])
  })

  it('takes a path relative to the working directory', async () => {
    const file = write('relative.mjs', 'export default async function* () { yield 1 }')
    expect(await loadHandler(relative(process.cwd(), file))).toBeTypeOf('function')
  })

  it('takes a path with spaces', async () => {
    const file = write('a b.mjs', 'export default async function* () { yield "ok" }')
    expect(await answersOf(file)).toEqual(['ok'])
  })

  it('takes a plain function that returns an async iterable', async () => {
    const file = write('returns.mjs', 'async function* f() { yield 1 }\nexport default () => f()')
    expect(await answersOf(file)).toEqual([1])
  })

  it.each(['./missing.mjs', 'demos', 'toString', '__proto__'])('says that %s is missing', async (name) => {
    await expect(loadHandler(name)).rejects.toMatchObject({
      code: 'CHAT_HANDLER_MISSING',
      field: 'handler',
      kind: 'usage',
      message: expect.stringMatching(/does not exist, and ".*" is no built-in handler \(demo, llm\)/),
    })
  })

  it.each([
    ['has a syntax error', 'export default async function* () { yield '],
    ['throws while it loads', 'throw new Error("no key")'],
    ['imports what is not there', 'import "./nowhere.mjs"; export default async function* () {}'],
  ])('refuses a module that %s', async (what, text) => {
    const file = write(`${what.replaceAll(' ', '-')}.mjs`, text)
    await expect(loadHandler(file)).rejects.toMatchObject({
      code: 'CHAT_HANDLER_MISSING',
      message: expect.stringContaining(`${file} does not load: `),
      cause: expect.anything(),
    })
  })

  it.each([
    ['missing', 'export const handler = async function* () {}'],
    ['a class', 'export default class Handler {}'],
    ['of type string', 'export default "handler"'],
    ['of type object', 'export default { async *handle() {} }'],
  ])('refuses a default export that is %s', async (what, text) => {
    const file = write(`export-${what.replaceAll(' ', '-')}.mjs`, text)
    await expect(loadHandler(file)).rejects.toMatchObject({
      code: 'CHAT_HANDLER_INVALID',
      message: expect.stringContaining(what),
    })
  })
})
