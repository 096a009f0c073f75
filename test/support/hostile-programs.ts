import type { Language, Outcome, Task } from '../../src/runtime/sandbox/index.ts'
import type { HostileScene } from './hostile-scene.ts'

export interface HostileCase {
  name: string
  language: Language
  /** What must be so, in words for the reader of the report. */
  expected: string
  code: string | ((scene: HostileScene) => string)
  limits?: Partial<Task['limits']>
  /** Beyond what holds for all: no secret is shown, nothing is reached or written, and the sandbox works afterwards. */
  holds?(outcome: Outcome): boolean
}

/** Each of several attempts says what it got; `ATTEMPT` must never be all that is left of it. */
const tryAll = (attempts: readonly string[]) =>
  `(async () => {\n${attempts
    .map(
      (attempt) =>
        `try { const got = await (async () => { ${attempt} })(); console.log('got', String(got).slice(0, 200)) } catch (error) { console.log('refused', String(error && error.message).split('\\n')[0].slice(0, 120)) }`,
    )
    .join('\n')}\n})()`

const tryEach = (attempts: readonly string[]) =>
  attempts
    .map((attempt, i) => {
      const body = attempt
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n')
      return `def attempt_${i}():\n${body}\ntry:\n    print('got', str(attempt_${i}())[:200])\nexcept BaseException as error:\n    print('refused', type(error).__name__, str(error).split('\\n')[0][:120])`
    })
    .join('\n')

const reason =
  (...reasons: string[]) =>
  ({ reason }: Outcome) =>
    reasons.includes(reason ?? '')
const failed = ({ status }: Outcome) => status === 'failed'
const shows = (text: string) => (outcome: Outcome) => outcome.stdout.includes(text)

const python: Omit<HostileCase, 'language'>[] = [
  {
    name: 'fork bomb',
    expected: 'no process is left, within the limits',
    code: `import os\nprint("start", flush=True)\nwhile True:\n    try:\n        os.fork()\n    except OSError as error:\n        pass`,
    limits: { cpu_ms: 1_000, wall_ms: 3_000 },
    holds: failed,
  },
  {
    name: 'threads without end',
    expected: 'ended, or told that it may have no more',
    code: `import threading, time\nn = 0\ntry:\n    while True:\n        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n        n += 1\nexcept BaseException as error:\n    print("refused after", n, type(error).__name__)`,
    limits: { wall_ms: 5_000 },
  },
  {
    name: 'all memory at once',
    expected: 'out_of_memory or a MemoryError',
    code: `x = bytearray(b"x") * (700 * 1024 * 1024)\nprint(len(x))`,
    limits: { memory_mb: 64 },
    holds: (outcome) =>
      failed(outcome) && (outcome.reason === 'out_of_memory' || outcome.stderr.includes('MemoryError')),
  },
  {
    name: 'memory in small steps',
    expected: 'out_of_memory',
    code: `x = []\nwhile True:\n    x.append([0] * 1000)`,
    limits: { memory_mb: 64, cpu_ms: 30_000, wall_ms: 60_000 },
    holds: reason('out_of_memory'),
  },
  {
    name: 'memory through one string that doubles',
    expected: 'out_of_memory or a MemoryError',
    code: `x = "x" * 1024\nwhile True:\n    x += x`,
    limits: { memory_mb: 64 },
    holds: (outcome) =>
      failed(outcome) && (outcome.reason === 'out_of_memory' || outcome.stderr.includes('MemoryError')),
  },
  {
    name: 'output flood',
    expected: 'output_limit, with as much as is kept',
    code: `while True:\n    print("flood" * 1000)`,
    holds: (outcome) =>
      reason('output_limit')(outcome) && outcome.truncated && outcome.stdout.length === 65_536,
  },
  {
    name: 'output flood on stderr',
    expected: 'output_limit',
    code: `import sys\nwhile True:\n    sys.stderr.write("flood" * 1000)`,
    holds: reason('output_limit'),
  },
  {
    name: 'fills the disk',
    expected: 'ended, or told that there is no space',
    code: `block = b"x" * 1_000_000\nn = 0\ntry:\n    with open("/tmp/fill", "wb") as file:\n        while True:\n            file.write(block)\n            n += 1\nexcept BaseException as error:\n    print("refused after", n, type(error).__name__)`,
    limits: { memory_mb: 64, wall_ms: 20_000 },
    holds: (outcome) => outcome.status === 'failed' || shows('refused after')(outcome),
  },
  {
    name: 'a million files',
    expected: 'ended, or told that there is no space',
    code: `n = 0\ntry:\n    while True:\n        open(f"/tmp/{n}", "w").close()\n        n += 1\nexcept BaseException as error:\n    print("refused after", n, type(error).__name__)`,
    limits: { memory_mb: 64, wall_ms: 4_000, cpu_ms: 3_000 },
    holds: (outcome) => outcome.status === 'failed' || shows('refused after')(outcome),
  },
  {
    name: 'reads files of the host',
    expected: 'nothing of the host is read',
    code: ({ secretFile }) =>
      tryEach([
        `return open("${secretFile}").read()`,
        `import os\nreturn os.listdir("${secretFile.slice(0, secretFile.lastIndexOf('/'))}")`,
        `import pathlib\nreturn pathlib.Path("/host${secretFile}").read_text()`,
        `return open("/proc/1/root${secretFile}").read()`,
        `return open("/proc/self/cwd/../../..${secretFile}").read()`,
        `import js\nreturn js.Deno.readTextFileSync("${secretFile}")`,
        `import js\nreturn js.eval("import('node:fs').then(fs => console.log(fs.readFileSync('${secretFile}', 'utf8')))")`,
        `from pyodide.code import run_js\nreturn run_js("Deno.readTextFileSync('${secretFile}')")`,
        `import pyodide_js\npyodide_js.FS.mkdir("/host")\npyodide_js.FS.mount(pyodide_js.FS.filesystems.NODEFS, __import__("pyodide").ffi.to_js({"root": "/"}), "/host")\nreturn open("/host${secretFile}").read()`,
      ]),
    holds: shows('refused'),
  },
  {
    name: 'looks for secrets in the environment',
    expected: 'nothing of the executor is seen',
    code: tryEach([
      `import os\nreturn dict(os.environ)`,
      `return open("/proc/self/environ").read()`,
      `import os\nreturn open(f"/proc/{os.getppid()}/environ").read()`,
      `return open("/proc/1/environ").read()`,
      `import js\nreturn js.Deno.env.toObject()`,
      `import js\nreturn js.Deno.readTextFileSync(f"/proc/{js.Deno.ppid}/environ")`,
      `import js\nreturn js.process.env.AGENTCTL_HOSTILE_SECRET`,
    ]),
    holds: shows('refused'),
  },
  {
    name: 'talks to the network',
    expected: 'no connection is made',
    code: ({ port }) =>
      tryEach([
        `import socket\ns = socket.create_connection(("127.0.0.1", ${port}), 2)\ns.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")\nreturn s.recv(1000)`,
        `import urllib.request\nreturn urllib.request.urlopen("http://127.0.0.1:${port}/", timeout=2).read()`,
        `import js, asyncio\nasync def go():\n    return await (await js.fetch("http://127.0.0.1:${port}/")).text()\nreturn asyncio.run(go())`,
        `import js, asyncio\nasync def go():\n    return await js.Deno.connect(__import__("pyodide").ffi.to_js({"port": ${port}}, dict_converter=js.Object.fromEntries))\nreturn asyncio.run(go())`,
        `import pyodide_js, asyncio\nreturn asyncio.run(pyodide_js.loadPackage("http://127.0.0.1:${port}/x-1.0-py3-none-any.whl"))`,
        `import socket\nreturn socket.gethostbyname("example.com")`,
        `import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\ns.connect(("10.255.255.255", 53))\ns.send(b"x")\nreturn "sent"`,
      ]),
    limits: { wall_ms: 30_000 },
  },
  {
    name: 'starts other programs',
    expected: 'none is started on the host',
    code: ({ target }) =>
      tryEach([
        `import os\nreturn os.system("id > ${target}")`,
        `import subprocess\nreturn subprocess.check_output(["/bin/sh", "-c", "id > ${target}"])`,
        `import os\nreturn os.execv("/bin/sh", ["/bin/sh", "-c", "id > ${target}"]) if False else os.popen("id > ${target}").read()`,
        `import os\nreturn os.posix_spawn("/bin/sh", ["sh", "-c", "id > ${target}"], {})`,
        `import js\nreturn js.eval("new Deno.Command('/bin/sh', { args: ['-c', 'id > ${target}'] }).outputSync()")`,
        `import js\nreturn js.eval("process.getBuiltinModule('node:child_process').execSync('id > ${target}')")`,
        `import ctypes\nreturn ctypes.CDLL("libc.so.6").system(b"id > ${target}")`,
        `import js\nreturn js.eval("Deno.dlopen('libc.so.6', { system: { parameters: ['pointer'], result: 'i32' } })")`,
      ]),
  },
  {
    name: 'writes files on the host',
    expected: 'nothing is written there',
    code: ({ target }) =>
      tryEach([
        `return open("${target}", "w").write("x")`,
        `import js\nreturn js.Deno.writeTextFileSync("${target}", "x")`,
        `import js\nreturn js.eval("process.getBuiltinModule('node:fs').writeFileSync('${target}', 'x')")`,
        `import os\nreturn os.symlink("${target}", "/tmp/link") or open("/tmp/link", "w").write("x")`,
      ]),
  },
  {
    name: 'kills the executor',
    expected: 'nobody but itself is ended',
    code: `import os, signal\n${tryEach([
      `return os.kill(os.getppid(), signal.SIGKILL) if os.getppid() > 1 else "no parent"`,
      `import js\nreturn js.Deno["kill"](js.Deno.ppid, "SIGKILL")`,
      `import js\nreturn js.process.kill(js.process.ppid, "SIGKILL")`,
    ])}`,
  },
  {
    name: 'ignores signals and sleeps past its time',
    expected: 'wall_timeout',
    code: `import signal, time\nfor n in (signal.SIGTERM, signal.SIGINT):\n    try:\n        signal.signal(n, signal.SIG_IGN)\n    except BaseException as error:\n        print(type(error).__name__)\nwhile True:\n    try:\n        time.sleep(60)\n    except BaseException:\n        pass`,
    limits: { wall_ms: 1_000 },
    holds: reason('wall_timeout'),
  },
  {
    name: 'closes its stdout and stays',
    expected: 'wall_timeout',
    code: `import os, time\nos.close(1)\nos.close(2)\nwhile True: time.sleep(1)`,
    limits: { wall_ms: 1_000 },
    holds: reason('wall_timeout'),
  },
  {
    name: 'never ends its exit handlers',
    expected: 'wall_timeout or cpu_timeout',
    code: `import atexit, time\n@atexit.register\ndef stay():\n    while True: time.sleep(1)`,
    limits: { wall_ms: 1_000 },
    holds: reason('wall_timeout', 'cpu_timeout'),
  },
  {
    name: 'recursion without end',
    expected: 'fails by itself, or is ended',
    code: `import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)`,
    holds: failed,
  },
  {
    name: 'crashes its interpreter',
    expected: 'fails, and nothing else does',
    code: tryEach([
      `import ctypes\nreturn ctypes.string_at(0)`,
      `import sys\nreturn exec(compile("(" * 100000 + ")" * 100000, "x", "exec"))`,
      `import js\njs.Deno.exit = None\njs.Object.prototype.toString = None\nreturn "broken"`,
    ]),
  },
  {
    name: 'one line of a million letters',
    expected: 'cut at the limit',
    code: `import sys\nsys.stdout.write("x" * 1_000_000)`,
    holds: (outcome) => reason('output_limit')(outcome) && outcome.stdout === 'x'.repeat(65_536),
  },
]

const javascript: Omit<HostileCase, 'language'>[] = [
  {
    name: 'process bomb',
    expected: 'no process is left, within the limits',
    code: `(async () => { const { spawn } = await import('node:child_process')\nwhile (true) { try { spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true }).on('error', () => {}) } catch {} await null } })()`,
    limits: { cpu_ms: 2_000, wall_ms: 4_000 },
    holds: failed,
  },
  {
    name: 'workers without end',
    expected: 'ended, or told that it may have no more',
    code: `(async () => { const { Worker } = await import('node:worker_threads')\nconst all = []\ntry { while (true) { const worker = new Worker('setInterval(() => {}, 1000)', { eval: true }); worker.on('error', () => {}); all.push(worker); await new Promise((next) => setTimeout(next, 1)) } } catch (error) { console.log('refused after', all.length, error.message); process.exit(1) } })()`,
    limits: { wall_ms: 10_000 },
    holds: failed,
  },
  {
    name: 'all memory at once',
    expected: 'out_of_memory or a RangeError',
    code: `const all = []; for (let i = 0; i < 4; i++) all.push(new Uint8Array(200e6).fill(1)); console.log(all.length)`,
    limits: { memory_mb: 64 },
    holds: (outcome) =>
      failed(outcome) && (outcome.reason === 'out_of_memory' || outcome.stderr.includes('RangeError')),
  },
  {
    name: 'memory in small objects',
    expected: 'out_of_memory',
    code: `const all = []; while (true) all.push({ a: [1, 2, 3] })`,
    limits: { memory_mb: 64, cpu_ms: 30_000, wall_ms: 60_000 },
    holds: reason('out_of_memory', 'signal'),
  },
  {
    name: 'memory in shared buffers',
    expected: 'out_of_memory',
    code: `const all = []; while (true) all.push(new Uint8Array(new SharedArrayBuffer(1e6)).fill(1))`,
    limits: { memory_mb: 64 },
    holds: (outcome) =>
      failed(outcome) && (outcome.reason === 'out_of_memory' || outcome.stderr.includes('RangeError')),
  },
  {
    name: 'memory of WebAssembly',
    expected: 'out_of_memory or a RangeError',
    code: `const all = []; while (true) { const memory = new WebAssembly.Memory({ initial: 16 }); new Uint8Array(memory.buffer).fill(1); all.push(memory) }`,
    limits: { memory_mb: 64 },
    holds: (outcome) =>
      failed(outcome) && (outcome.reason === 'out_of_memory' || outcome.stderr.includes('RangeError')),
  },
  {
    name: 'output flood',
    expected: 'output_limit, with as much as is kept',
    code: `while (true) console.log('flood'.repeat(1000))`,
    limits: { memory_mb: 256 },
    holds: (outcome) => outcome.stdout.length <= 65_536 && reason('output_limit', 'out_of_memory')(outcome),
  },
  {
    name: 'reads files of the host',
    expected: 'nothing of the host is read',
    code: ({ secretFile }) =>
      tryAll([
        `return (await import('node:fs')).readFileSync('${secretFile}', 'utf8')`,
        `return (await import('${secretFile}', { with: { type: 'text' } })).default`,
        `return (await import('file://${secretFile}')).default`,
        `return (await import('data:text/javascript,' + encodeURIComponent('import x from "file://${secretFile}" with { type: "text" }; export default x'))).default`,
        `return Deno.readTextFileSync('${secretFile}')`,
        `return Deno.openSync('/proc/self/fd/0').readSync(new Uint8Array(10))`,
        `return await (await fetch('file://${secretFile}')).text()`,
        `return (await import('node:module')).createRequire('file:///x.js')('${secretFile}')`,
        `return (await import('node:fs/promises')).readFile('/proc/1/root${secretFile}', 'utf8')`,
        `const { DatabaseSync } = await import('node:sqlite'); const db = new DatabaseSync(':memory:'); db.exec("ATTACH '${secretFile}' AS x"); return db.prepare('SELECT * FROM x.sqlite_master').all()`,
        `return await new Promise((done, fail) => { const w = new Worker('file://${secretFile}', { type: 'module' }); w.onerror = (e) => { e.preventDefault(); fail(new Error(e.message)) }; w.onmessage = (e) => done(e.data) })`,
      ]),
    holds: shows('refused'),
  },
  {
    name: 'imports a file of the host statically',
    expected: 'nothing of the host is read',
    code: ({ secretFile }) => `import text from '${secretFile}' with { type: 'text' }\nconsole.log(text)`,
    holds: failed,
  },
  {
    name: 'imports a module of the host statically',
    expected: 'nothing of the host is read',
    code: ({ secretFile }) => `import text from 'file://${secretFile}'\nconsole.log(text)`,
    holds: failed,
  },
  {
    name: 'looks for secrets in the environment',
    expected: 'nothing of the executor is seen',
    code: tryAll([
      `return JSON.stringify(process.env)`,
      `return process.env.AGENTCTL_HOSTILE_SECRET.length`,
      `return JSON.stringify(Deno.env.toObject())`,
      `return (await import('node:fs')).readFileSync('/proc/self/environ', 'utf8')`,
      `return (await import('node:fs')).readFileSync('/proc/' + process.ppid + '/environ', 'utf8')`,
      `return (await import('node:fs')).readFileSync('/proc/1/environ', 'utf8')`,
      `return JSON.stringify(process.report.getReport().environmentVariables)`,
    ]),
    holds: shows('refused'),
  },
  {
    name: 'talks to the network',
    expected: 'no connection is made',
    code: ({ port }) =>
      tryAll([
        `return await (await fetch('http://127.0.0.1:${port}/')).text()`,
        `const net = await import('node:net'); return await new Promise((done, fail) => { net.connect(${port}, '127.0.0.1').on('data', done).on('error', fail) })`,
        `return await Deno.connect({ port: ${port} })`,
        `const http = await import('node:http'); return await new Promise((done, fail) => { http.get('http://127.0.0.1:${port}/', done).on('error', fail) })`,
        `return await new Promise((done, fail) => { const s = new WebSocket('ws://127.0.0.1:${port}/'); s.onopen = done; s.onerror = (e) => fail(new Error(e.message)) })`,
        `return await (await import('node:dns/promises')).lookup('example.com')`,
        `const inspector = await import('node:inspector'); inspector.open(0, '127.0.0.1'); const url = inspector.url(); inspector.close(); return url`,
        `return await new Promise((done, fail) => { const w = new Worker('http://127.0.0.1:${port}/x.js', { type: 'module' }); w.onerror = (e) => { e.preventDefault(); fail(new Error(e.message)) }; w.onmessage = done })`,
        `const dgram = await import('node:dgram'); return await new Promise((done, fail) => { const s = dgram.createSocket('udp4'); s.on('error', fail); s.send('x', ${port}, '127.0.0.1', (e) => { s.close(); e ? fail(e) : done('sent') }) })`,
      ]),
    limits: { wall_ms: 20_000 },
  },
  {
    name: 'imports code from the network',
    expected: 'no connection is made',
    code: ({ port }) => `import x from 'http://127.0.0.1:${port}/x.js'\nconsole.log(x)`,
    holds: failed,
  },
  {
    name: 'imports a package from npm',
    expected: 'no connection is made',
    code: `import x from 'npm:left-pad@1.3.0'\nconsole.log(x)`,
    holds: failed,
  },
  {
    name: 'starts other programs',
    expected: 'none is started on the host',
    code: ({ target }) =>
      tryAll([
        `return (await import('node:child_process')).execSync('id > ${target}')`,
        `return (await import('node:child_process')).spawnSync('/bin/sh', ['-c', 'id > ${target}']).error.message`,
        `return new Deno.Command('/bin/sh', { args: ['-c', 'id > ${target}'] }).outputSync()`,
        `return Deno.dlopen('libc.so.6', { system: { parameters: ['pointer'], result: 'i32' } })`,
        `return process.dlopen({ exports: {} }, 'libc.so.6')`,
        `return process.binding('spawn_sync')`,
      ]),
  },
  {
    name: 'writes files on the host',
    expected: 'nothing is written there',
    code: ({ target }) =>
      tryAll([
        `return (await import('node:fs')).writeFileSync('${target}', 'x')`,
        `return Deno.writeTextFileSync('${target}', 'x')`,
        `return process.report.writeReport('${target}')`,
        `const { DatabaseSync } = await import('node:sqlite'); const db = new DatabaseSync('${target}'); return db.exec('CREATE TABLE x (y)')`,
        `const { DatabaseSync } = await import('node:sqlite'); const db = new DatabaseSync(':memory:'); db.exec("ATTACH '${target}' AS x; CREATE TABLE x.y (z)"); return 'attached'`,
        `return (await import('node:v8')).setHeapSnapshotNearHeapLimit(1)`,
        `return await (await caches.open('x')).put('http://x/', new Response('x'.repeat(1e6)))`,
        `return (await import('node:v8')).writeHeapSnapshot('${target}')`,
      ]),
  },
  {
    name: 'asks for more permissions',
    expected: 'gets none',
    code: tryAll([
      `const { state } = await Deno.permissions.request({ name: 'read' }); if (state !== 'granted') throw new Error(state); return state`,
      `return await new Promise((done, fail) => { const w = new Worker('data:text/javascript,postMessage(Deno.readTextFileSync("/etc/hostname"))', { type: 'module', deno: { permissions: 'inherit' } }); w.onerror = (e) => { e.preventDefault(); fail(new Error(e.message)) }; w.onmessage = (e) => done(e.data) })`,
      `Object.defineProperty(Object.prototype, 'read', { value: true, configurable: true }); return Deno.readTextFileSync('/etc/hostname')`,
    ]),
    holds: (outcome) => !outcome.stdout.includes('got') || outcome.backend === 'docker',
  },
  {
    name: 'kills the executor',
    expected: 'nobody but itself is ended',
    code: tryAll([
      `return process.ppid > 1 ? process.kill(process.ppid, 'SIGKILL') : 'no parent'`,
      `return Deno.kill(Deno.ppid, 'SIGKILL')`,
    ]),
  },
  {
    name: 'ignores signals and sleeps past its time',
    expected: 'wall_timeout',
    code: `try { for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => {}) } catch {}\nsetInterval(() => {}, 1000)`,
    limits: { wall_ms: 1_000 },
    holds: reason('wall_timeout'),
  },
  {
    name: 'never ends its exit handlers',
    expected: 'wall_timeout or cpu_timeout',
    code: `process.on('exit', () => { while (true); })\nglobalThis.addEventListener?.('unload', () => { while (true); })`,
    limits: { wall_ms: 5_000, cpu_ms: 1_000 },
    holds: reason('wall_timeout', 'cpu_timeout'),
  },
  {
    name: 'recursion without end',
    expected: 'fails by itself',
    code: `const f = () => f() + 1\nf()`,
    holds: (outcome) => failed(outcome) && outcome.stderr.includes('RangeError'),
  },
  {
    name: 'a regular expression that never ends',
    expected: 'cpu_timeout',
    code: `/^(a+)+$/.test('a'.repeat(60) + 'b')`,
    limits: { cpu_ms: 1_000 },
    holds: reason('cpu_timeout'),
  },
  {
    name: 'breaks everything it was given',
    expected: 'harms itself alone',
    code: `Object.prototype.then = 1; Array.prototype.push = null; String.prototype.replaceAll = () => { throw 1 }\nif (globalThis.Deno) { Deno.exit = () => {}; Deno.inspect = null; Deno.stderr.writeSync = null }\nthrow new Error('broken')`,
    holds: failed,
  },
]

const typescript: Omit<HostileCase, 'language'>[] = [
  {
    name: 'source that is hard to compile',
    expected: 'fails, within the limits',
    code: `const a = ${'['.repeat(50_000)}${']'.repeat(50_000)}`,
    holds: failed,
  },
  {
    name: 'imports a file of the host statically',
    expected: 'nothing of the host is read',
    code: ({ secretFile }) =>
      `import text from '${secretFile}' with { type: 'text' }\nconsole.log(text as string)`,
    holds: failed,
  },
]

const of = (language: Language, cases: readonly Omit<HostileCase, 'language'>[]) =>
  cases.map((one) => ({ ...one, language }))

export const hostileCases: readonly HostileCase[] = [
  ...of('python', python),
  ...of('javascript', javascript),
  ...of('typescript', typescript),
]

/** Two programs, one after the other: the second must find nothing that the first has left. */
export interface LeakCase {
  name: string
  language: Language
  leave: string
  /** Prints `clean` when there is nothing. */
  look: string
}

export const leakCases: readonly LeakCase[] = [
  {
    name: 'localStorage and caches',
    language: 'javascript',
    leave: tryAll([
      `localStorage.setItem('left', 'behind'); return 'stored'`,
      `await (await caches.open('left')).put('http://x/', new Response('behind')); return 'cached'`,
      `const { openKv } = Deno; const kv = await openKv(); await kv.set(['left'], 1); return 'kept'`,
    ]),
    look: `(async () => { let left = null; try { left = localStorage.getItem('left') } catch {} try { left ??= await (await caches.open('left')).match('http://x/') } catch {} console.log(left == null ? 'clean' : 'LEFT') })()`,
  },
  {
    name: 'changed prototypes and globals',
    language: 'javascript',
    leave: `Object.prototype.left = 'behind'; globalThis.left = 'behind'; Array.prototype.map = () => 'behind'`,
    look: `console.log(({}).left === undefined && typeof left === 'undefined' && [1].map(String)[0] === '1' ? 'clean' : 'LEFT')`,
  },
  {
    name: 'files in the temporary folder',
    language: 'javascript',
    leave: tryAll([
      `(await import('node:fs')).writeFileSync('/tmp/left', 'behind')`,
      `(await import('node:fs')).writeFileSync('left', 'behind')`,
    ]),
    look: `(async () => { const fs = await import('node:fs'); let left = 0; for (const path of ['/tmp/left', 'left']) try { fs.readFileSync(path); left++ } catch {} console.log(left ? 'LEFT' : 'clean') })()`,
  },
  {
    name: 'files and changed modules',
    language: 'python',
    leave: `import builtins, json, sys\nfor path in ("/tmp/left", "left", "sitecustomize.py"):\n    try:\n        open(path, "w").write("print('LEFT')")\n    except OSError as error:\n        print(error)\nbuiltins.left = json.left = sys.left = "behind"`,
    look: `import builtins, json, os, sys\nprint("clean" if not any(hasattr(m, "left") for m in (builtins, json, sys)) and not os.path.exists("/tmp/left") and not os.path.exists("left") else "LEFT")`,
  },
]
