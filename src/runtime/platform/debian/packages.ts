import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run, works } from '../process/index.ts'

export interface PackagesOptions {
  /** Packages that are wanted; of what they depend on, only what `keep` says. */
  wanted: readonly string[]
  keep(name: string): boolean
  /** Existing folder for downloads. */
  work: string
  /** Existing folder that gets their files. */
  root: string
  /** Told in plain words about steps that take a moment. */
  say(text: string): void
}

/** Whether this system has the packages of Debian or one of its descendants. */
export async function hasDebianPackages(): Promise<boolean> {
  const programs = await Promise.all(
    ['apt-get', 'apt-cache', 'dpkg-deb'].map((name) => works(name, ['--version'])),
  )
  return programs.every(Boolean)
}

/**
 * Downloads packages with what they depend on and unpacks them into a folder. Needs no root, installs nothing and runs
 * none of their scripts. Brings its own package lists where the system has none.
 */
export async function unpackPackages(options: PackagesOptions): Promise<void> {
  const names = await download(options)
  if (names === 0) throw new Error('no package was downloaded')
  for (const file of await readdir(options.work)) {
    if (file.endsWith('.deb')) await run('dpkg-deb', ['-x', join(options.work, file), options.root])
  }
}

async function download(options: PackagesOptions): Promise<number> {
  try {
    return await downloadWith([], options)
  } catch {
    options.say('Updating a private list of packages …')
    const [lists, cache] = [join(options.work, 'lists'), join(options.work, 'apt')]
    await Promise.all([
      mkdir(join(lists, 'partial'), { recursive: true }),
      mkdir(join(cache, 'archives/partial'), { recursive: true }),
    ])
    const own = ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`]
    await run('apt-get', [...own, 'update', '-qq'], { timeout: 300_000 })
    return downloadWith(own, options)
  }
}

const DEPENDS = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
  (kind) => `--no-${kind}`,
)

async function downloadWith(own: string[], { wanted, keep, work }: PackagesOptions): Promise<number> {
  const tree = await run('apt-cache', [...own, 'depends', '--recurse', ...DEPENDS, ...wanted])
  // Names stand at the beginning of a line, what they depend on is indented; <virtual> ones have no files.
  const names = tree.split('\n').filter((line) => /^[a-z0-9][a-z0-9.+-]*$/.test(line))
  const chosen = [...new Set(names)].filter((name) => wanted.includes(name) || keep(name))
  const root = process.getuid?.() === 0 ? ['-o', 'APT::Sandbox::User=root'] : []
  await run('apt-get', [...own, ...root, 'download', ...chosen], { cwd: work, timeout: 300_000 })
  return chosen.length
}
