// What `npm start` and `npm test` have in common: bring a fresh clone to the point where it runs.
// Plain JavaScript without dependencies, for whatever Node the system has.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')
/** The Node that this project pins. */
export const node = join(root, 'node_modules', 'node', 'bin', 'node')

const installStamp = join(root, 'node_modules', '.agentctl-installed')
const buildStamp = join(root, 'dist', '.agentctl-built')

/** Installs what package-lock.json names and builds what is stale; does nothing when all is there. */
export async function setUp() {
  if (isInstalled() && isBuilt()) return
  await oneAtATime(() => {
    if (!isInstalled()) install()
    if (!isBuilt()) build()
  })
}

function isInstalled() {
  return existsSync(node) && (read(installStamp) === lockDigest() || isInstalledByHand())
}

/** npm writes down what it has installed when it is done: newer than what it was to install. */
function isInstalledByHand() {
  const done = join(root, 'node_modules', '.package-lock.json')
  return existsSync(done) && statSync(done).mtimeMs > statSync(join(root, 'package-lock.json')).mtimeMs
}

function install() {
  const started = Date.now()
  say('Installing the packages of package-lock.json (npm ci), about half a minute …')
  run('npm', ['ci', '--include=dev', '--loglevel=error', '--no-fund', '--no-audit', '--no-progress'])
  if (!existsSync(node)) fail('npm ci did not bring the pinned Node: remove node_modules and try again.')
  writeFileSync(installStamp, lockDigest())
  say(`Installed in ${seconds(started)}.`)
}

function isBuilt() {
  return existsSync(join(root, 'oclif.manifest.json')) && read(buildStamp) === sourceDigest()
}

function build() {
  const started = Date.now()
  say('Building (TypeScript → dist) …')
  run(node, [join(root, 'scripts', 'build.mjs')])
  say(`Built in ${seconds(started)}.`)
}

function lockDigest() {
  return digest(['package-lock.json'])
}

/** Of names, sizes and times of everything the build reads: contents would take longer. */
export function sourceDigest() {
  const files = readdirSync(join(root, 'src'), { recursive: true }).map((file) => join('src', file))
  return digest(['package.json', 'tsconfig.json', 'tsconfig.build.json'], files.sort())
}

function digest(contents, stats = []) {
  const hash = createHash('sha256')
  for (const file of contents) hash.update(readFileSync(join(root, file)))
  for (const file of stats) {
    const { mtimeMs, size } = statSync(join(root, file))
    hash.update(`${file}:${mtimeMs}:${size}\n`)
  }
  return hash.digest('hex')
}

function read(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

/** Two of these at once, such as a start and a test, must not install over each other. */
async function oneAtATime(work) {
  const lock = join(
    tmpdir(),
    `agentctl-setup-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`,
  )
  for (let told = false; !tryLock(lock); told = true) {
    if (!told) say('Another setup of this folder is running: waiting for it …')
    await new Promise((again) => setTimeout(again, 500))
  }
  try {
    work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function tryLock(lock) {
  try {
    mkdirSync(lock)
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return true
  } catch {
    if (!isHeld(lock)) rmSync(lock, { recursive: true, force: true })
    return false
  }
}

function isHeld(lock) {
  const pid = Number(read(join(lock, 'pid')))
  // The moment between making the folder and writing the file: held, unless it lasts.
  if (!pid) return existsSync(lock) && Date.now() - statSync(lock).mtimeMs < 5_000
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function run(file, args) {
  // What tools print is talk: stdout is for the program's own data.
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (error) fail(`${file} cannot be run: ${error.message}`)
  if (status !== 0) fail(`${[file, ...args].join(' ')} failed with exit code ${status}.`)
}

/** Runs the pinned Node on a script in the foreground; signals and the exit code are passed on. */
export function runInForeground(args, env = {}) {
  const child = spawn(node, args, {
    cwd: root,
    // The message channel tells the script when this process is gone, even after `kill -9`.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, ...env },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => child.on('exit', (code) => resolve(code ?? 1)))
}

export function say(text) {
  process.stderr.write(`${text}\n`)
}

function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}

function fail(text) {
  say(text)
  process.exit(1)
}
