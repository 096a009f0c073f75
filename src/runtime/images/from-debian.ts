import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unpackPackages } from '../platform/debian/index.ts'
import type { Engine } from '../platform/engine/index.ts'
import { compileModules } from './compile.ts'
import { imagesError } from './errors.ts'
import { splitTag, type Wanted } from './image.ts'
import { packFolder } from './pack.ts'

/**
 * Makes an image from Debian packages, without a registry, root or a running container.
 * @param folder an empty one
 * @throws AgentctlError IMAGES_BUILD_FAILED, DOCKER_UNREACHABLE, DOCKER_REFUSED
 */
export async function buildFromDebian(
  engine: Engine,
  { recipe, tag, runner, labels }: Wanted,
  folder: string,
  say: (text: string) => void,
): Promise<void> {
  const [root, work] = [join(folder, 'root'), join(folder, 'packages')]
  await Promise.all([mkdir(root), mkdir(work)])
  await mergeUsr(root)
  say(`${tag}: fetching Debian packages …`)
  await unpackPackages({
    wanted: recipe.packages,
    keep: (name) => recipe.keep.test(name),
    work,
    root,
    say,
  })
  for (const path of recipe.drop) await rm(join(root, path), { recursive: true, force: true })
  if (recipe.ownNode) await addNode(root)
  if (recipe.compile !== undefined) await compileModules(root, recipe.compile, say)
  await addSystemFiles(root)
  await writeFile(join(root, recipe.runner), runner, { mode: 0o644 })
  say(`${tag}: importing …`)
  await importImage(engine, tag, labels, root)
}

/** As on every current Debian: some packages bring /lib, some /usr/lib, and the loader is looked for in /lib64. */
async function mergeUsr(root: string): Promise<void> {
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) {
    await mkdir(join(root, 'usr', name), { recursive: true })
    await symlink(`usr/${name}`, join(root, name))
  }
}

async function addNode(root: string): Promise<void> {
  const { node_shared: shared } = process.config.variables as { node_shared?: unknown }
  if (process.platform !== 'linux' || shared === true) {
    const why =
      'the Node that runs agentctl cannot be put into an image: it is not one of nodejs.org for Linux'
    throw imagesError('IMAGES_BUILD_FAILED', why)
  }
  await copyFile(process.execPath, join(root, 'usr/bin/node'))
}

/** What programs look for on any system; the engine adds /dev, /proc, /sys and /etc/hosts. */
async function addSystemFiles(root: string): Promise<void> {
  await Promise.all([
    mkdir(join(root, 'etc'), { recursive: true }),
    mkdir(join(root, 'tmp'), { recursive: true }),
  ])
  // Not by mkdir, which minds the umask. What is mounted there takes this mode, whatever its options say (runc 1.1).
  await chmod(join(root, 'tmp'), 0o1777)
  await writeFile(
    join(root, 'etc/passwd'),
    'root:x:0:0:root:/root:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/tmp:/usr/sbin/nologin\n',
  )
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
}

async function importImage(
  engine: Engine,
  tag: string,
  labels: Readonly<Record<string, string>>,
  root: string,
): Promise<void> {
  const [repo, version] = splitTag(tag)
  const query = new URLSearchParams({ fromSrc: '-', repo, tag: version })
  for (const [name, value] of Object.entries(labels)) query.append('changes', `LABEL ${name}="${value}"`)
  await engine.progress(
    {
      method: 'POST',
      path: `/images/create?${query}`,
      headers: { 'content-type': 'application/x-tar' },
      body: await packFolder(root),
    },
    () => {},
  )
}
