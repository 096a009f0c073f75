import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../platform/process/index.ts'

/** Parts of the standard library that are large, and that programs without network and display have no use for. */
const LEFT_OUT = '/(test|idlelib|tkinter|turtledemo|ensurepip|lib2to3|dist-packages)/'

/**
 * Compiles the modules of the unpacked Python by running it: importing them from source would cost each program
 * a tenth of a second. Without success the image works all the same, only slower.
 */
export async function compileModules(
  root: string,
  folder: string,
  say: (text: string) => void,
): Promise<void> {
  const libraries = join(root, folder)
  const found = (await readdir(libraries)).find((name) => /^python3\.\d+$/.test(name))
  if (found === undefined) return
  try {
    await run(
      join(root, 'usr/bin', found),
      [
        ...['-m', 'compileall', '-q', '-j', '0', '-x', LEFT_OUT],
        // Time stamps do not outlive every way an image takes.
        ...['--invalidation-mode', 'unchecked-hash'],
        ...['-s', root, '-p', '/', join(libraries, found)],
      ],
      { env: { PYTHONHOME: join(root, 'usr') }, timeout: 120_000 },
    )
  } catch {
    say('The Python modules could not be compiled beforehand: programs will start more slowly.')
  }
}
