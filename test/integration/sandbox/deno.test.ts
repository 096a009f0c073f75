import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDenoSandbox, findDeno, findPyodide } from '../../../src/runtime/sandbox/deno/index.ts'
import type { Sandbox } from '../../../src/runtime/sandbox/index.ts'
import { silent } from '../../support/redis.ts'
import { programs } from '../../support/sandbox-programs.ts'
import { runIn } from '../../support/sandbox-subject.ts'

let root: string
let deno: string

const open = (more: { pyodide?: string | undefined } = { pyodide: findPyodide() }): Promise<Sandbox> =>
  createDenoSandbox({ deno, root, log: silent, ...more })
const snapshots = async () => (await readdir(root)).filter((name) => name.endsWith('.snapshot'))

async function using(sandbox: Promise<Sandbox>, use: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const opened = await sandbox
  try {
    await use(opened)
  } finally {
    await opened.close()
  }
}

/** What the kernel says of a program that runs. */
async function statusOfProgram(sandbox: Sandbox): Promise<string> {
  const done = new AbortController()
  let status = ''
  const onOutput = (_: string, pid: string) => {
    status = readFileSync(`/proc/${pid.trim()}/status`, 'utf8')
    done.abort()
  }
  const code = 'console.log(process.pid)\nsetInterval(() => {}, 1000)'
  await runIn(sandbox, 'javascript', code, { onOutput, signal: done.signal })
  return status
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'agentctl-deno-'))
  await chmod(root, 0o755) // programs are another user's where we are root
  deno = (await findDeno()) as string
})
afterAll(() => rm(root, { recursive: true, force: true }))

describe('Python in Deno', () => {
  it('is taken from a snapshot, which is made once', async () => {
    await using(open(), async (sandbox) => {
      expect((await runIn(sandbox, 'python', programs.python.hello)).status).toBe('completed')
    })
    const [made] = await snapshots()
    expect(made).toMatch(/^python-/)
    await using(open(), async (sandbox) => {
      expect((await runIn(sandbox, 'python', programs.python.hello)).status).toBe('completed')
    })
    expect(await snapshots()).toEqual([made])
  })

  it('draws other random numbers each time', async () => {
    await using(open(), async (sandbox) => {
      const code = 'import random, uuid\nprint(random.random(), uuid.uuid4())'
      const [a, b] = [await runIn(sandbox, 'python', code), await runIn(sandbox, 'python', code)]
      expect(a.stdout.split(' ')[0]).not.toBe(b.stdout.split(' ')[0])
      expect(a.stdout.split(' ')[1]).not.toBe(b.stdout.split(' ')[1])
    })
  })

  it('starts without its snapshot when that is broken', async () => {
    const [made = ''] = await snapshots()
    await truncate(join(root, made), 1_000_000)
    await using(open(), async (sandbox) => {
      const code = 'import sys\nprint(sys.argv, input())'
      const outcome = await runIn(sandbox, 'python', code, { args: ['x'], stdin: 'line\n' })
      expect(outcome).toMatchObject({ status: 'completed', stdout: "['main.py', 'x'] line\n" })
    })
    expect(await snapshots()).toEqual([])
  })

  it('runs like main.py would', async () => {
    await using(open(), async (sandbox) => {
      const code = [
        'import asyncio, atexit, dataclasses, pickle, sys',
        '@dataclasses.dataclass',
        'class Point:',
        '    x: int',
        'async def main():',
        '    await asyncio.sleep(0.01)',
        '    return pickle.loads(pickle.dumps(Point(3)))',
        'atexit.register(lambda: print("bye"))',
        'if __name__ == "__main__":',
        '    print(asyncio.run(main()), __name__, sys.modules["__main__"].Point is Point)',
        '    print("last words", end="")',
        '    sys.exit("gone wrong")',
      ].join('\n')
      expect(await runIn(sandbox, 'python', code)).toMatchObject({
        reason: 'nonzero_exit',
        exit_code: 1,
        stdout: 'Point(x=3) __main__ True\nlast wordsbye\n',
        stderr: 'gone wrong\n',
      })
    })
  })

  it('sleeps without using the processor', async () => {
    await using(open(), async (sandbox) => {
      const code = 'import time\ntime.sleep(1.5)\nprint("awake")'
      const outcome = await runIn(sandbox, 'python', code, { limits: { cpu_ms: 1_000 } })
      expect(outcome).toMatchObject({ status: 'completed', stdout: 'awake\n' })
    })
  })

  it('is missing where Pyodide is', async () => {
    await using(open({}), async (sandbox) => {
      expect(await sandbox.probe()).toMatchObject({
        ok: true,
        languages: ['javascript', 'typescript'],
        why: expect.stringMatching(/pyodide/),
      })
      await expect(runIn(sandbox, 'python', 'print(1)')).rejects.toMatchObject({
        code: 'SANDBOX_LANGUAGE_MISSING',
      })
    })
  })
})

describe('the sandbox in Deno', () => {
  it('says that Deno does not work', async () => {
    await using(createDenoSandbox({ deno: '/bin/false', root, log: silent }), async (sandbox) => {
      expect(await sandbox.probe()).toMatchObject({ ok: false, why: expect.stringMatching(/exit code 1/) })
      await expect(runIn(sandbox, 'javascript', '1')).rejects.toMatchObject({ code: 'SANDBOX_FAILED' })
    })
    await using(createDenoSandbox({ deno: '/no/such/deno', root, log: silent }), async (sandbox) => {
      expect(await sandbox.probe()).toMatchObject({ ok: false })
    })
  })

  it('does not use a folder that others can write to', async () => {
    const shared = join(root, 'shared')
    await mkdir(shared)
    await chmod(shared, 0o777)
    const opening = createDenoSandbox({ deno, root: shared, log: silent })
    await expect(opening).rejects.toMatchObject({
      code: 'SANDBOX_FAILED',
      message: expect.stringContaining(shared),
    })
  })

  it('ends what a process has left behind that is gone, and nothing else', async () => {
    const left = join(root, 'live-1-1-0000')
    await mkdir(join(left, 'empty'), { recursive: true })
    const orphan = spawn('sleep', ['600'], { cwd: join(left, 'empty'), detached: true, stdio: 'ignore' })
    const ended = once(orphan, 'exit')
    await using(open({}), async (sandbox) => {
      const running = runIn(sandbox, 'javascript', programs.javascript.twice(2_000))
      expect(await sandbox.reap()).toBe(1)
      expect((await ended)[1]).toBe('SIGKILL')
      expect(await running).toMatchObject({ status: 'completed', stdout: 'first\nsecond\n' })
    })
    expect((await readdir(root)).filter((name) => name.startsWith('live-'))).toEqual([])
  })

  it('gives programs no privileges, and as root another user', async () => {
    await using(open({}), async (sandbox) => {
      const status = await statusOfProgram(sandbox)
      const user = process.getuid?.() === 0 ? 65_533 : process.getuid?.()
      expect(status).toMatch(new RegExp(`^Uid:\\t${user}\\t${user}\\t`, 'm'))
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
      expect(status).toMatch(/^CapEff:\t0+$/m)
    })
  })

  it('does not let programs at graphics, which no permission guards', async () => {
    await using(open({}), async (sandbox) => {
      const code = 'console.log(await navigator.gpu?.requestAdapter() ?? "none")'
      expect(await runIn(sandbox, 'javascript', code)).toMatchObject({ stdout: 'none\n' })
    })
  })

  it.runIf(process.getuid?.() === 0)(
    'runs programs as root only where nobody else reaches what they need',
    async () => {
      const closed = join(root, 'closed')
      await mkdir(closed, { mode: 0o700 })
      await using(createDenoSandbox({ deno, root: join(closed, 'in'), log: silent }), async (sandbox) => {
        expect(await statusOfProgram(sandbox)).toMatch(/^Uid:\t0\t/m)
      })
      const slow = join(root, 'slow-deno')
      const anyones = join(root, 'of-anyone')
      const marker = join(anyones, 'not-slow-yet')
      await mkdir(marker, { recursive: true })
      await chmod(anyones, 0o777)
      await writeFile(slow, `#!/bin/sh\nrmdir "${marker}" 2>/dev/null && exit 9\nexec "${deno}" "$@"\n`, {
        mode: 0o755,
      })
      await using(createDenoSandbox({ deno: slow, root, log: silent }), async (sandbox) => {
        expect(await statusOfProgram(sandbox)).toMatch(/^Uid:\t65533\t/m)
        expect(await readdir(anyones)).toEqual([])
      })
    },
  )
})
