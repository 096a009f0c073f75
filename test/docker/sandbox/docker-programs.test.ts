import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Language, Sandbox } from '../../../src/runtime/sandbox/index.ts'
import { type DockerScene, openDockerScene } from '../../support/docker-sandbox.ts'
import { engineHost } from '../../support/engine.ts'
import { type RunOptions, runIn } from '../../support/sandbox-subject.ts'

const host = await engineHost()

/** Programs run as `python3 main.py` and `node main.js` run them. */
describe.skipIf(host === undefined)('programs in containers', () => {
  let scene: DockerScene
  let sandbox: Sandbox
  beforeAll(async () => {
    scene = await openDockerScene(host as string)
    sandbox = scene.open({ warm: { python: 1, node: 1 } })
    await sandbox.probe()
  })
  afterAll(async () => {
    await sandbox?.close()
    await scene?.close()
  })
  const run = (language: Language, code: string, options: RunOptions = {}) =>
    runIn(sandbox, language, code, { limits: { wall_ms: 30_000 }, ...options })

  describe.each([
    {
      language: 'python' as const,
      dies: (signal: string) => `import os, signal\nprint("a")\nos.kill(os.getpid(), signal.${signal})`,
      exits: (code: number) => `import os\nos._exit(${code})`,
      files: ['/tmp', '/tmp/main.py'],
      where: `import os, sys\nprint(os.getcwd(), sys.argv[0], sep="\\n")`,
      environment: `import os\nprint(*sorted(os.environ))`,
    },
    {
      language: 'javascript' as const,
      dies: (signal: string) =>
        `console.log("a"); process.kill(process.pid, "${signal}"); setTimeout(() => {}, 9e4)`,
      exits: (code: number) => `process.reallyExit(${code})`,
      files: ['/tmp', '/tmp/main.js'],
      where: `console.log(process.cwd() + "\\n" + process.argv[1])`,
      environment: `console.log(...Object.keys(process.env).sort())`,
    },
  ])('$language', ({ language, dies, exits, where, files, environment }) => {
    it.each(['SIGTERM', 'SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGHUP'])('may end with %s', async (signal) => {
      expect(await run(language, dies(signal))).toMatchObject({
        status: 'failed',
        reason: 'signal',
        signal,
        exit_code: null,
        stdout: 'a\n',
        oom_seen: false,
      })
    })

    it('may end without a word', async () => {
      expect(await run(language, exits(0))).toMatchObject({ status: 'completed', exit_code: 0 })
      expect(await run(language, exits(99))).toMatchObject({ reason: 'nonzero_exit', exit_code: 99 })
    })

    it('finds itself in a file, and nothing of how it came there', async () => {
      expect((await run(language, where)).stdout).toBe(`${files.join('\n')}\n`)
      const { stdout } = await run(language, environment)
      expect(stdout).toMatch(/\bHOME\b/)
      expect(stdout).not.toMatch(/NODE_OPTIONS|AGENTCTL|TOKEN/)
    })
  })

  it.each([
    ['python', 'import sys; sys.exit(139)', 139],
    ['python', 'import sys; sys.exit(137)', 137],
    ['javascript', 'process.exit(139)', 139],
    ['javascript', 'process.exitCode = 137', 137],
  ] as const)(
    '%s: an exit code that looks like a signal is an exit code: %s',
    async (language, code, exit_code) => {
      expect(await run(language, code)).toMatchObject({ reason: 'nonzero_exit', exit_code, signal: null })
    },
  )

  describe('python', () => {
    it('reads lines, and ends where they end', async () => {
      const code = 'name = input("who? ")\nprint("hi", name)\ninput()'
      const found = await run('python', code, { stdin: 'Ada\n' })
      expect(found).toMatchObject({ exit_code: 1, stdout: 'who? hi Ada\n' })
      expect(found.stderr).toBe(
        'Traceback (most recent call last):\n  File "/tmp/main.py", line 3, in <module>\n    input()\nEOFError: EOF when reading a line\n',
      )
    })

    it('is told of syntax errors as by Python itself', async () => {
      const { stderr, exit_code } = await run('python', 'print("a")\nprint("b"')
      expect(exit_code).toBe(1)
      expect(stderr).toMatch(/^ {2}File "\/tmp\/main\.py", line 2\n {4}print\("b"\n {9}\^\nSyntaxError: /)
    })

    it('has what belongs to a main module', async () => {
      const code = `
import asyncio, atexit, inspect, pickle, subprocess, sys, threading
class A: pass
async def main():
    await asyncio.sleep(0.01)
    return __name__, type(pickle.loads(pickle.dumps(A()))) is A, inspect.getsource(A)
atexit.register(print, 'exit')
thread = threading.Thread(target=print, args=('thread',))
thread.start()
thread.join()
print(asyncio.run(main()), sys.modules['__main__'].A is A, 'receive' in globals())
print(subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, text=True).stdout)`
      const { stdout, stderr } = await run('python', code)
      expect(stderr).toBe('')
      expect(stdout).toBe("thread\n('__main__', True, 'class A: pass\\n') True False\n1\n\nexit\n")
    })

    it('may end its way, and say why', async () => {
      expect(await run('python', 'raise SystemExit("bad")')).toMatchObject({ exit_code: 1, stderr: 'bad\n' })
      expect(await run('python', 'raise KeyboardInterrupt')).toMatchObject({ signal: 'SIGINT' })
      const hooked = 'import sys\nsys.excepthook = lambda *of: print("hook", of[0].__name__)\n1 / 0'
      expect(await run('python', hooked)).toMatchObject({ exit_code: 1, stdout: 'hook ZeroDivisionError\n' })
      const chained = 'try:\n    1 / 0\nexcept ZeroDivisionError:\n    raise ValueError("x")'
      const { stderr } = await run('python', chained)
      expect(stderr).toMatch(/During handling of the above exception/)
      expect(stderr).not.toMatch(/runner/)
    })

    it('is ended for the processor time of all its processes together', async () => {
      const code = 'import os\nfor _ in range(3): os.fork()\nwhile True: pass'
      expect(await run('python', code, { limits: { cpu_ms: 700, wall_ms: 30_000 } })).toMatchObject({
        reason: 'cpu_timeout',
      })
    })

    it('may outlive a child that was killed for want of memory', async () => {
      const code = `
import os
if os.fork() == 0:
    all = []
    while True: all.append(bytearray(b'x' * 4_000_000))
print(os.wait()[1])`
      expect(await run('python', code, { limits: { memory_mb: 48, wall_ms: 30_000 } })).toMatchObject({
        status: 'completed',
        oom_seen: true,
        stdout: '9\n',
      })
    })
  })

  describe('javascript', () => {
    it('is a module or a script, by what it says', async () => {
      const esm = `import { EOL } from 'os'\nconst os = require('node:os')\nconsole.log(await 1, EOL === os.EOL, import.meta.url)`
      expect(await run('javascript', esm)).toMatchObject({
        stdout: '1 true file:///tmp/main.mjs\n',
        stderr: '',
      })
      const cjs = `console.log(typeof require, require.main === module, __filename, this === module.exports)`
      expect(await run('javascript', cjs)).toMatchObject({ stdout: 'function true /tmp/main.js true\n' })
    })

    it('has its say at the end', async () => {
      const code = `process.on('exit', (code) => { console.log('exit', code); process.exitCode = 4 })\nthrow new TypeError('oh')`
      const found = await run('javascript', code)
      expect(found).toMatchObject({ stdout: 'exit 1\n' })
      expect(found.stderr).toMatch(/^\/tmp\/main\.js:2\nthrow new TypeError\('oh'\)\n[\s\S]*TypeError: oh\n/)
      expect(found.stderr).not.toMatch(/runner/)
    })

    it('fails for a promise that nobody handles, and for one that is never settled', async () => {
      expect(await run('javascript', 'Promise.reject(new Error("lost"))')).toMatchObject({ exit_code: 1 })
      expect(await run('javascript', 'await new Promise(() => {})')).toMatchObject({ exit_code: 13 })
    })

    it('is told of a heap that is full', async () => {
      const code = 'const all = []; for (;;) all.push({ a: [1, 2, 3, 4], b: String(Math.random()) })'
      expect(await run('javascript', code)).toMatchObject({ status: 'failed', reason: 'out_of_memory' })
    })

    it('prints all of much', async () => {
      const code = `process.stdout.write('x'.repeat(500_000))`
      const found = await run('javascript', code, { limits: { output_bytes: 1024 * 1024, wall_ms: 30_000 } })
      expect(found).toMatchObject({ status: 'completed' })
      expect(found.stdout).toHaveLength(500_000)
    })
  })

  it('typescript: types are left out, not checked', async () => {
    const code = `import { EOL } from 'node:os'\nnamespace N { export const x = 1 }\nconst n: string = 5 as any\nconsole.log(await n, N.x, EOL.length)`
    expect(await run('typescript', code)).toMatchObject({ stdout: '5 1 1\n', stderr: '' })
    expect((await run('typescript', 'const x: = 1')).stderr).toMatch(/SyntaxError/)
  })
})
