import { accessSync, constants, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { run, works } from '../process/index.ts'
import { redisError } from './errors.ts'

/** A Redis server program that was seen to run. */
export interface RedisProgram {
  server: string
  /** The command line client beside it, where there is one. */
  client?: string
  env: Record<string, string>
}

export interface FindOptions {
  /** Folder for the private copy. */
  cache: string
  /** Told in plain words about every step that takes a moment. */
  say: (text: string) => void
  path?: string
}

/**
 * Finds a Redis (or Valkey) server on PATH or in the cache; else fetches a private copy from the
 * distribution's packages, without root and without installing or starting anything on the system.
 * @throws AgentctlError REDIS_SERVER_MISSING
 */
export async function findRedisServer(options: FindOptions): Promise<RedisProgram> {
  const program =
    (await onPath(options.path ?? process.env.PATH ?? '')) ?? (await inFolder(join(options.cache, 'redis')))
  return program ?? fetchPrivateCopy(options)
}

async function onPath(path: string): Promise<RedisProgram | undefined> {
  const folders = path.split(delimiter).filter(Boolean)
  for (const [serverName, clientName] of [
    ['redis-server', 'redis-cli'],
    ['valkey-server', 'valkey-cli'],
  ] as const) {
    const server = executable(folders, serverName)
    if (server === undefined || !(await works(server, ['--version']))) continue
    const client = executable(folders, clientName)
    return { server, env: {}, ...(client === undefined ? {} : { client }) }
  }
  return undefined
}

function executable(folders: string[], name: string): string | undefined {
  return folders
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

/** A tree of unpacked packages, with the libraries it brought along. */
async function inFolder(root: string): Promise<RedisProgram | undefined> {
  const bin = join(root, 'usr/bin')
  const server = executable([bin], 'redis-server')
  if (server === undefined) return undefined
  const env = { LD_LIBRARY_PATH: libraryFolders(root).join(delimiter) }
  if (!(await works(server, ['--version'], env))) return undefined
  const client = executable([root], 'redis-cli')
  return { server, env, ...(client === undefined ? {} : { client }) }
}

function libraryFolders(root: string): string[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
  return [...new Set(files.filter((file) => file.name.includes('.so')).map((file) => file.parentPath))]
}

async function fetchPrivateCopy({ cache, say }: FindOptions): Promise<RedisProgram> {
  const missing = (why: string, cause?: unknown) => redisError('REDIS_SERVER_MISSING', why, { cause })
  if (!(await works('apt-get', ['--version'])) || !(await works('dpkg-deb', ['--version']))) {
    throw missing('redis-server is not on PATH, and this system has no apt to fetch it with')
  }
  say(
    'No Redis server on this machine: fetching a private copy from the Debian packages (nothing is installed system-wide) …',
  )
  await mkdir(cache, { recursive: true })
  const work = await mkdtemp(join(cache, 'redis-fetch-'))
  try {
    await downloadPackages(work, say)
    await unpack(work)
    await rename(join(work, 'root'), join(cache, 'redis')).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } catch (cause) {
    throw missing(`fetching redis-server failed: ${(cause as Error).message.split('\n')[0]}`, cause)
  } finally {
    await rm(work, { recursive: true, force: true })
  }
  const program = await inFolder(join(cache, 'redis'))
  if (!program) throw missing('the fetched redis-server does not run on this system')
  say(`Redis is ready in ${join(cache, 'redis')}`)
  return program
}

/** The libraries that redis-server links beyond what every system has. */
const LIBRARIES = /^(lib(jemalloc|lua|lzf|hiredis|atomic)|lua-)/

async function downloadPackages(work: string, say: (text: string) => void): Promise<void> {
  try {
    await downloadWith([], work)
  } catch {
    say('Updating a private list of packages …')
    const lists = join(work, 'lists')
    await mkdir(join(lists, 'partial'), { recursive: true })
    const options = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${join(work, 'apt')}`]
    await mkdir(join(work, 'apt/archives/partial'), { recursive: true })
    await run('apt-get', [...options, 'update', '-qq'], { timeout: 300_000 })
    await downloadWith(options, work)
  }
}

async function downloadWith(options: string[], work: string): Promise<void> {
  const flags = [
    '--recurse',
    '--no-recommends',
    '--no-suggests',
    '--no-conflicts',
    '--no-breaks',
    '--no-replaces',
    '--no-enhances',
  ]
  const tree = await run('apt-cache', [...options, 'depends', ...flags, 'redis-server'])
  const names = tree.split('\n').filter((line) => LIBRARIES.test(line))
  const root = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []
  await run('apt-get', [...options, ...root, 'download', 'redis-server', 'redis-tools', ...names], {
    cwd: work,
    timeout: 300_000,
  })
}

async function unpack(work: string): Promise<void> {
  const root = join(work, 'root')
  await mkdir(root)
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) {
    await run('dpkg-deb', ['-x', join(work, file), root])
  }
  await writeClientWrapper(root)
}

/** `redis-cli` needs the libraries too: a wrapper finds them wherever the folder is moved. */
async function writeClientWrapper(root: string): Promise<void> {
  const folders = libraryFolders(root).map((folder) => `$here${folder.slice(root.length)}`)
  const script = `#!/bin/sh\nhere=$(dirname "$(readlink -f "$0")")\nLD_LIBRARY_PATH="${folders.join(':')}" exec "$here/usr/bin/redis-cli" "$@"\n`
  await writeFile(join(root, 'redis-cli'), script, { mode: 0o755 })
}
