#!/usr/bin/env node
// Entry: checks the version of Node, and re-executes with the pinned one where the system's is too old.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const help = join(root, 'dist', 'help.txt')
const NEEDED = 24

if (Number(process.versions.node.split('.')[0]) < NEEDED) startAgain()
else await main()

async function main() {
  const [first] = process.argv.slice(2)
  if (first === '--version' || first === '-v') {
    const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    process.stdout.write(`${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`)
    return
  }
  if (isHelp() && existsSync(help)) {
    process.stdout.write(readFileSync(help))
    return
  }
  module.enableCompileCache?.()
  if (!existsSync(join(root, 'dist'))) {
    process.stderr.write('agentctl has not been built here: run `npm start`, or `npm ci && npm run build`.\n')
    process.exitCode = 1
    return
  }
  // A reader such as `head` may leave before we have said everything.
  process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1))
  const { execute } = await import('@oclif/core')
  await execute({ dir: import.meta.url })
}

/** Bare `agentctl`, or with --help alone: the list of commands, rendered by the build. */
function isHelp() {
  const words = process.argv.slice(2)
  return words.length === 0 || (words.length === 1 && (words[0] === '--help' || words[0] === '-h'))
}

function startAgain() {
  const pinned = join(root, 'node_modules', 'node', 'bin', 'node')
  if (!existsSync(pinned)) {
    process.stderr.write(
      `agentctl needs Node ${NEEDED} or newer, and this is ${process.version}.\nInstall it from your package manager or https://nodejs.org, then try again.\n`,
    )
    process.exitCode = 1
    return
  }
  // The message channel tells the real process when this one is gone, even after `kill -9`.
  const child = spawn(pinned, process.argv.slice(1), { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    if (signal) process.kill(process.pid, 'SIGKILL')
    process.exitCode = code ?? 1
  })
}
