// Makes the pictures of docs/pictures from the running program: `node scripts/pictures.mjs [NAME …]`, after a build. It starts a serve of its own
// that keeps nothing, gives it something to do with the commands that everybody uses, and takes pictures of a real terminal.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openTerminal } from '../test/support/terminal.ts'
import { readCells } from './pictures/cells.ts'
import { renderSvg } from './pictures/svg.ts'
import { node, root, say } from './setup.mjs'

const bin = join(root, 'bin', 'agentctl.js')
const folder = join(root, 'docs', 'pictures')
const [COLS, ROWS] = [120, 34]
/** Bytes: what a page should have to load. */
const LARGEST = 100_000

/** What is shown, with the moment that is worth it. */
const pictures = {
  dash: {
    title: 'agentctl dash',
    command: ['dash', '--interval', '500ms'],
    // Two samples are needed for rates, some more for sparklines that show something.
    ready: async () => pause(20_000),
  },
  'dash-replicas': {
    title: 'agentctl dash --pane replicas',
    command: ['dash', '--interval', '500ms', '--pane', 'replicas'],
    ready: async (terminal) => {
      await terminal.until('worker-1')
      await pause(5_000)
    },
  },
  loadtest: {
    title: 'agentctl loadtest query --concurrency 20 --duration 60s',
    command: ['loadtest', 'query', '--concurrency', '20', '--duration', '60s'],
    ready: async () => pause(12_000),
  },
}

const place = mkdtempSync(join(tmpdir(), 'agentctl-pictures-'))
const env = {
  ...process.env,
  AGENTCTL_STATE_DIR: join(place, 'state'),
  XDG_CONFIG_HOME: place,
  COLORTERM: 'truecolor',
}
for (const name of ['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'NO_COLOR', 'AGENTCTL_CONTEXT']) delete env[name]
const running = new Set()

try {
  await main()
} finally {
  await Promise.all([...running].map(end))
  rmSync(place, { recursive: true, force: true })
}

async function main() {
  const wanted = process.argv.slice(2)
  const unknown = wanted.filter((name) => !(name in pictures))
  if (unknown.length > 0)
    throw new Error(`no such picture: ${unknown.join(', ')}; there are ${Object.keys(pictures).join(', ')}`)
  mkdirSync(folder, { recursive: true })
  await startServe()
  const endTraffic = await makeTraffic()
  for (const [name, picture] of Object.entries(pictures)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    // A load test is to have the system to itself.
    if (name === 'loadtest') await endTraffic()
    await take(name, picture)
  }
}

async function take(name, { title, command, ready }) {
  const terminal = openTerminal({
    file: node,
    args: [bin, ...command],
    cols: COLS,
    rows: ROWS,
    cwd: place,
    env: { ...env, NO_COLOR: undefined },
  })
  try {
    await Promise.race([
      ready(terminal),
      terminal.exited.then(({ exitCode }) => {
        throw new Error(`agentctl ${command[0]} ended with ${exitCode}:\n${terminal.text()}`)
      }),
    ])
    const svg = renderSvg(trimmed(readCells(terminal)), title)
    if (svg.length > LARGEST) throw new Error(`${name}.svg has ${svg.length} bytes, more than ${LARGEST}`)
    writeFileSync(join(folder, `${name}.svg`), svg)
    say(`docs/pictures/${name}.svg: ${Math.round(svg.length / 1000)} kB`)
  } finally {
    await terminal.close()
  }
}

/** Without the empty lines at the end. */
function trimmed(cells) {
  const last = cells.findLastIndex((line) =>
    line.some(({ text, background }) => text.trim() !== '' || background !== undefined),
  )
  return cells.slice(0, last + 1)
}

/** Resolves when everything is ready. */
async function startServe() {
  const port = await freePort()
  env.AGENTCTL_GATEWAY_URL = `http://127.0.0.1:${port}`
  const roles = 'gateway=1,worker=2,rag=1,llm=3'
  const serve = start(['serve', '--json', '--ephemeral', '--port', String(port), '--roles', roles])
  await Promise.race([
    new Promise((ready) => serve.stdout.once('data', ready)),
    new Promise((_, failed) => serve.once('exit', (code) => failed(new Error(`serve ended with ${code}`)))),
  ])
}

/** Questions, chats and events at a steady rate, as our own load tester makes them, until the returned function is called. */
async function makeTraffic() {
  await run(['docs', 'add', join(root, 'README.md')])
  // One type is read by nobody: a dashboard is for what is not well, too.
  await run(['event', 'publish', 'notification.sent', '{"user_id":"u-1","type":"email","status":"sent"}'])
  const steady = ['--duration', '10m', '--warmup', '0s', '--rate']
  const loads = [
    start(['loadtest', 'query', ...steady, '6']),
    start(['loadtest', 'chat', ...steady, '3']),
    start(['loadtest', 'events', '--consume', '--arrivals', 'poisson', ...steady, '25']),
  ]
  return () => Promise.all(loads.map(end))
}

/** Runs a command to its end. */
async function run(args) {
  const child = start(args)
  const code = await new Promise((ended) => child.once('exit', ended))
  if (code !== 0) say(`agentctl ${args[0]} ended with ${code}`)
}

function start(args) {
  const child = spawn(node, [bin, ...args], { cwd: place, env, stdio: ['ignore', 'pipe', 'ignore'] })
  running.add(child)
  child.stdout.resume()
  child.once('exit', () => running.delete(child))
  return child
}

async function end(child) {
  if (!running.has(child)) return
  const ended = new Promise((gone) => child.once('exit', gone))
  child.kill('SIGTERM')
  await ended
}

function freePort() {
  return new Promise((found, failed) => {
    const probe = createServer().once('error', failed)
    probe.listen({ port: 0, host: '127.0.0.1' }, () => {
      const { port } = probe.address()
      probe.close(() => found(port))
    })
  })
}
