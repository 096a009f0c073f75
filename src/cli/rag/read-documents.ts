import { readdir, readFile, stat } from 'node:fs/promises'
import { extname, join, relative, resolve, sep } from 'node:path'
import { text } from 'node:stream/consumers'
import { ragError } from '../../runtime/rag/index.ts'

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
 * @param state folder of this program's own data, which holds passwords: nothing is taken from it
 * @throws AgentctlError RAG_FILE_INVALID naming what cannot be read
 */
export async function findFiles(names: readonly string[], state: string): Promise<string[]> {
  const found = await Promise.all(names.map((name) => filesOf(name, state)))
  const files = [...new Set(found.flat())]
  if (files.length > 0) return files
  throw unreadable(names.join(', '), `no files that end in ${[...ENDINGS].join(', ')}`)
}

async function filesOf(name: string, state: string): Promise<string[]> {
  if (name === '-') return [name]
  const info = await stat(name).catch((cause: Error) => {
    throw unreadable(name, reasonOf(cause))
  })
  return info.isDirectory() ? listFolder(name, state) : [name]
}

async function listFolder(folder: string, state: string): Promise<string[]> {
  if (resolve(folder) === state) return []
  const entries = await readdir(folder, { withFileTypes: true })
  const kept = entries.filter(({ name }) => !SKIPPED.test(name)).sort((a, b) => (a.name < b.name ? -1 : 1))
  const lists = await Promise.all(
    kept.map((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return listFolder(path, state)
      return entry.isFile() && ENDINGS.has(extname(entry.name).toLowerCase()) ? [path] : []
    }),
  )
  return lists.flat()
}

/**
 * @param id replaces the path
 * @throws AgentctlError RAG_FILE_INVALID when it cannot be read, is empty, or is no text
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
    throw unreadable(file, reasonOf(cause))
  })
}

function unreadable(file: string, why: string) {
  return ragError('RAG_FILE_INVALID', `${file}: ${why}`, { field: 'file' })
}

function reasonOf(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return 'it does not exist'
  return error.code === 'EACCES' ? 'this user may not read it' : error.message
}
