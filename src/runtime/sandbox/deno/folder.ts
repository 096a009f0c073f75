import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { killGroup, processesIn, startOf } from '../../platform/process/index.ts'
import { sandboxError } from '../errors.ts'

/** The folder of one sandbox of one process: what Deno boots from, and an empty place that programs run in. */
export interface SandboxFolder {
  path: string
  javascript: string
  python: string
  bootPython: string
  /** Where programs are. */
  empty: string
}

const SCRIPTS = ['javascript', 'python'] as const

/**
 * Makes the folder of a sandbox in `root`, named after this process.
 * @throws AgentctlError SANDBOX_FAILED when `root` belongs to somebody else
 */
export async function openFolder(root: string): Promise<SandboxFolder> {
  await ensureOwn(root)
  const path = join(root, `live-${process.pid}-${startOf(process.pid)}-${randomBytes(4).toString('hex')}`)
  const empty = join(path, 'empty')
  await mkdir(path, { mode: 0o755 })
  await mkdir(empty, { mode: 0o555 })
  const [javascript, python] = (await Promise.all(SCRIPTS.map((name) => placeScript(path, name)))) as [
    string,
    string,
  ]
  const bootPython = join(path, 'boot.py')
  await writeFile(bootPython, await readFile(beside('boot.py')), { mode: 0o644 })
  return { path, javascript, python, bootPython, empty }
}

/** Its name may be guessed, so that another user of this machine could have made it first. */
async function ensureOwn(root: string): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o755 })
  const found = await lstat(root)
  if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return
  throw sandboxError('SANDBOX_FAILED', `${root} is not a folder that this user alone can write to`, {
    fix: 'Remove it, or choose another folder with --sandbox-dir.',
  })
}

/** Deno takes long to compile TypeScript it cannot cache, so it gets JavaScript. */
async function placeScript(folder: string, name: string): Promise<string> {
  const extension = extname(fileURLToPath(import.meta.url))
  const text = await readFile(beside(`${name}${extension}`), 'utf8')
  const path = join(folder, `${name}.mjs`)
  await writeFile(path, extension === '.ts' ? stripTypeScriptTypes(text) : text, { mode: 0o644 })
  return path
}

function beside(name: string): URL {
  return new URL(`./boot/${name}`, import.meta.url)
}

/** Ends what runs in folders of processes that are gone, and removes these; how many programs there were. */
export async function reapFolders(root: string): Promise<number> {
  const names = await readdir(root).catch(() => [])
  let ended = 0
  for (const name of names) {
    const [, pid, start] = /^live-(\d+)-(\d+)-/.exec(name) ?? []
    if (pid === undefined || startOf(Number(pid)) === Number(start)) continue
    const left = processesIn(join(root, name))
    for (const program of left) killGroup(program, 'SIGKILL')
    ended += left.length
    await rm(join(root, name), { recursive: true, force: true })
  }
  return ended
}
