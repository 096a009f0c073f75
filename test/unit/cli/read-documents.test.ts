import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findFiles, readDocument } from '../../../src/cli/rag/read-documents.ts'

let dir: string
const STATE = '/nowhere/state'
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'agentctl-docs-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function write(path: string, content: string | Buffer = 'text'): string {
  const file = join(dir, path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, content)
  return file
}

describe('finding files', () => {
  it('takes what is named, whatever its ending, once', async () => {
    const file = write('notes.log')
    expect(await findFiles([file, file], STATE)).toEqual([file])
  })

  it('takes the texts of a folder and its folders, in order', async () => {
    for (const path of ['b.md', 'a.txt', 'sub/c.md', 'image.png', '.git/x.md', 'node_modules/y.md'])
      write(path)
    const found = await findFiles([dir], STATE)
    expect(found.map((file) => relative(dir, file))).toEqual(['a.txt', 'b.md', 'sub/c.md'])
  })

  it('takes nothing from the folder of this program’s own data', async () => {
    for (const path of ['a.txt', 'state/serve.json', 'other/state/b.txt']) write(path)
    const found = await findFiles([dir], join(dir, 'state'))
    expect(found.map((file) => relative(dir, file))).toEqual(['a.txt', 'other/state/b.txt'])
  })

  it('names what does not exist', async () => {
    await expect(findFiles([join(dir, 'none.md')], STATE)).rejects.toMatchObject({
      code: 'RAG_FILE_INVALID',
      message: expect.stringContaining('none.md: it does not exist'),
    })
  })

  it('refuses a folder without texts', async () => {
    write('image.png')
    await expect(findFiles([dir], STATE)).rejects.toMatchObject({
      message: expect.stringContaining('no files'),
    })
  })
})

describe('reading a document', () => {
  it('is known by its path', async () => {
    const file = write('guide.md', '# Guide')
    expect(await readDocument(file)).toMatchObject({
      id: relative(process.cwd(), file),
      text: '# Guide',
      metadata: { source: relative(process.cwd(), file) },
    })
  })

  it('has another id when one is given, without what separates passages', async () => {
    expect((await readDocument(write('a.md'), 'my#guide')).id).toBe('my_guide')
  })

  it.each([
    ['is no text', Buffer.from([0x89, 0, 1]), 'not a text file'],
    ['is empty', ' \n', 'empty'],
  ])('refuses a file that %s', async (_what, content, why) => {
    await expect(readDocument(write('bad.md', content))).rejects.toMatchObject({
      code: 'RAG_FILE_INVALID',
      message: expect.stringContaining(why),
    })
  })
})
