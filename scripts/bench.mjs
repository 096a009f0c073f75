// npm run bench -- NAME [options]: runs test/bench/NAME.ts; without a name, lists what there is.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../', import.meta.url)
const folder = new URL('test/bench/', root)
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const [name, ...options] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h') {
  console.log(`npm run bench -- NAME [options]\n\n${list()}`)
} else if (names.includes(name)) {
  run(new URL(`${name}.ts`, folder), options)
} else {
  console.error(`There is no benchmark "${name}". There are:\n\n${list()}`)
  process.exitCode = 2
}

function list() {
  const width = Math.max(...names.map((each) => each.length))
  return names.map((each) => `  ${each.padEnd(width)}  ${summary(new URL(`${each}.ts`, folder))}`).join('\n')
}

/** The first line of the first doc comment. */
function summary(file) {
  return /\/\*\*[\s*]*(.+?)(?:\s*\*\/)?$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
}

function run(file, args) {
  const child = spawn(nodeProgram(), [fileURLToPath(file), ...args], { stdio: 'inherit' })
  // The terminal sends Ctrl-C to both: the benchmark cleans up, and its exit code is passed on.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('exit', (code) => {
    process.exitCode = code ?? 1
  })
}

/** Node 24 runs TypeScript as it is: this one if it is new enough, else the one among the dependencies. */
function nodeProgram() {
  if (Number.parseInt(process.versions.node, 10) >= 24) return process.execPath
  const own = fileURLToPath(new URL('node_modules/node/bin/node', root))
  if (existsSync(own)) return own
  console.error('The benchmarks need Node 24 or newer: run "npm install", which brings one along.')
  process.exit(2)
}
