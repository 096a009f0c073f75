import type { ImageName } from '../docker-proxy/index.ts'
import type { Language } from '../sandbox/index.ts'

/** What an image is made from, in either way. */
export interface Recipe {
  readonly name: ImageName
  readonly languages: readonly Language[]
  /** File of this folder that is put at the root of the image. */
  readonly runner: string
  /** Image of a registry that has everything but the runner. */
  readonly base: string
  /** Debian packages that are wanted, and what of their dependencies is. */
  readonly packages: readonly string[]
  readonly keep: RegExp
  /** Folders and files, relative to the root, that programs have no use for. */
  readonly drop: readonly string[]
  /** Brings the Node that runs this: Debian's own is too old to run TypeScript. */
  readonly ownNode: boolean
  /** Folder of Python modules to compile: the file system of a container cannot be written to. */
  readonly compile?: string
}

const DOCUMENTS = ['doc', 'man', 'info', 'locale', 'lintian', 'pixmaps', 'applications', 'gdb', 'gcc', 'menu']
const documents = DOCUMENTS.map((folder) => `usr/share/${folder}`)

export const recipes: Readonly<Record<ImageName, Recipe>> = {
  python: {
    name: 'python',
    languages: ['python'],
    runner: 'runner.py',
    base: 'python:3.13-slim',
    packages: ['python3', 'tzdata'],
    keep: /^(python3|libpython3|zlib1g|lib(c6|gcc-s1|expat|bz2|lzma|crypt1|ffi|ncursesw|readline|sqlite3|tinfo|uuid|ssl3|db5|mpdec|zstd))/,
    drop: [...documents, 'usr/share/python3', 'usr/share/pyshared', 'usr/lib/valgrind', 'usr/lib/systemd'],
    ownNode: false,
    compile: 'usr/lib',
  },
  node: {
    name: 'node',
    languages: ['javascript', 'typescript'],
    runner: 'runner.mjs',
    base: 'node:24-slim',
    packages: ['libstdc++6'],
    keep: /^lib(c6|gcc-s1)$/,
    drop: documents,
    ownNode: true,
  },
}
