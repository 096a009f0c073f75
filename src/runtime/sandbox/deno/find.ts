import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { run } from '../../platform/process/index.ts'

const require = createRequire(import.meta.url)
const OLDEST = 2

/** Path of Deno: of the package `deno` installed beside agentctl, else what is on PATH if it is new enough. */
export async function findDeno(): Promise<string | undefined> {
  return packagedDeno() ?? (await denoOnPath())
}

function packagedDeno(): string | undefined {
  const folder = packageFolder('deno')
  if (folder === undefined) return undefined
  const libc = process.platform === 'linux' ? '-glibc' : ''
  const platform = packageFolder(
    `@deno/${process.platform}-${process.arch}${libc}`,
    join(folder, 'package.json'),
  )
  return [platform, folder]
    .filter((found) => found !== undefined)
    .map((found) => join(found, 'deno'))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function denoOnPath(): Promise<string | undefined> {
  try {
    const [first = ''] = (await run('deno', ['--version'], { timeout: 10_000 })).split('\n')
    const major = Number(/^deno (\d+)\./.exec(first)?.[1] ?? 0)
    return major >= OLDEST ? (await run('/bin/sh', ['-c', 'command -v deno'])).trim() : undefined
  } catch {
    return undefined
  }
}

/** Folder of the package `pyodide` installed beside agentctl. */
export function findPyodide(): string | undefined {
  return packageFolder('pyodide')
}

function packageFolder(name: string, from?: string): string | undefined {
  try {
    return dirname((from === undefined ? require : createRequire(from)).resolve(`${name}/package.json`))
  } catch {
    return undefined
  }
}
