import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { kernelError } from '../../runtime/kernel/index.ts'

/** A document to add: the id is where it came from. */
export interface FileDocument {
  id: string
  text: string
  metadata: Record<string, unknown>
}

/** What is taken from a folder; a file that is named is taken whatever its ending. */
const ENDINGS = new Set([
  '.md',
  '.mdx',
  '.markdown',
  '.txt',
  '.rst',
  '.adoc',
  '.html',
  '.json',
  '.yaml',
  '.yml',
])
/** Folders that hold no documents of the project's own. */
const SKIPPED = /^(\.|node_modules$)/

/**
 * The files that are meant by the names: files, and what is in folders, in a stable order. `-` is stdin.
 * @throws AgentctlError CONFIG_INVALID naming what cannot be read
 */
export async function findFiles(names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(filesOf))
  const files = [...new Set(found.flat())]
  if (files.length > 0) return files
  throw unreadable(names.join(', '), `no files that end in ${[...ENDINGS].join(', ')}`)
}

async function filesOf(name: string): Promise<string[]> {
  if (name === '-') return [name]
  const info = await stat(name).catch((cause: Error) => {
    throw unreadable(name, cause.message)
  })
  return info.isDirectory() ? listFolder(name) : [name]
}

async function listFolder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  const kept = entries.filter(({ name }) => !SKIPPED.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const lists = await Promise.all(
    kept.map((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return listFolder(path)
      return entry.isFile() && ENDINGS.has(extname(entry.name).toLowerCase()) ? [path] : []
    }),
  )
  return lists.flat()
}

/**
 * @param id replaces the path
 * @throws AgentctlError CONFIG_INVALID when it cannot be read, is empty, or is no text
 */
export async function readDocument(file: string, id?: string): Promise<FileDocument> {
  const content = file === '-' ? await text(process.stdin) : await readText(file)
  if (content.includes('\0')) throw unreadable(file, 'it is not a text file')
  if (content.trim() === '') throw unreadable(file, 'it is empty')
  const path = file === '-' ? 'stdin' : relative(process.cwd(), file).split(sep).join('/')
  return { id: (id ?? path).replaceAll('#', '_'), text: content, metadata: { source: path } }
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw unreadable(file, cause.message)
  })
}

function unreadable(file: string, why: string) {
  return kernelError('CONFIG_INVALID', `${file}: ${why}`, {
    field: 'file',
    fix: 'Name files or folders with text that this user may read.',
  })
}
