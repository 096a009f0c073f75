// Compiles src to dist, copies the scripts in other languages, and writes oclif.manifest.json, which spares `--help`
// from loading every command. Run with the pinned Node.

import { spawnSync } from 'node:child_process'
import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, sourceDigest } from './setup.mjs'

const dist = join(root, 'dist')
const digest = sourceDigest()
rmSync(dist, { recursive: true, force: true })
compile()
cpSync(join(root, 'src'), dist, {
  recursive: true,
  filter: (from) => !/\.[a-z]+$/.test(from) || /\.(lua|py|mjs)$/.test(from),
})
await writeManifest()
writeHelp()
writeFileSync(join(dist, '.agentctl-built'), digest)

function compile() {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

async function writeManifest() {
  const file = join(root, 'oclif.manifest.json')
  rmSync(file, { force: true })
  const { Plugin } = await import('@oclif/core/config')
  const plugin = new Plugin({ root, type: 'core', ignoreManifest: true, errorOnManifestCreate: true })
  await plugin.load()
  writeFileSync(file, `${JSON.stringify(plugin.manifest)}\n`)
}

/** The list of commands, which bin/agentctl.js prints without loading anything. */
function writeHelp() {
  const env = { ...process.env, NO_COLOR: '1', COLUMNS: '80', FORCE_COLOR: undefined }
  const { stdout, status } = spawnSync(process.execPath, [join(root, 'bin', 'agentctl.js'), '--help'], {
    env,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error('the help could not be rendered')
  writeFileSync(join(dist, 'help.txt'), stdout)
}
