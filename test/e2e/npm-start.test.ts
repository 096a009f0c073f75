import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { afterEach, describe, expect, it } from 'vitest'
import { freePort } from '../../src/runtime/platform/process/index.ts'
import type { ServeStatus } from '../../src/runtime/supervisor/index.ts'
import { allGone, eventually, type Workplace, workplace } from '../support/program.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
let place: Workplace

afterEach(() => place.remove())

/** Starts `npm start` as a shell would, in a process group of its own. */
async function npmStart() {
  place = workplace()
  const port = await freePort()
  const npm = execa('npm', ['start', '--silent', '--', '--json', '--ephemeral', '--port', String(port)], {
    cwd: root,
    env: place.env,
    stdin: 'ignore',
    reject: false,
    detached: true,
  })
  let out = ''
  npm.stdout.on('data', (chunk: Buffer) => {
    out += chunk
  })
  await eventually(() => out.includes('\n'), 60_000)
  const status = JSON.parse(out) as ServeStatus
  return { npm, pids: [status.pid, ...status.replicas.map(({ pid }) => pid ?? 0)] }
}

describe('npm start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends with everything it started when its group receives %s',
    async (signal) => {
      const { npm, pids } = await npmStart()
      process.kill(-(npm.pid ?? 0), signal)
      await npm
      await allGone(pids)
    },
  )

  it('leaves nothing behind when its wrapper is killed with SIGKILL', async () => {
    const { npm, pids } = await npmStart()
    const { stdout } = await execa('ps', ['-o', 'ppid=', '-p', String(pids[0])])
    process.kill(Number(stdout), 'SIGKILL')
    await npm
    await allGone(pids)
    // serve itself, two servers, and at least one of each role it runs by default
    expect(pids.length).toBeGreaterThanOrEqual(13)
  })
})
