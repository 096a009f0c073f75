// Runs inside Deno, not in Node: loads Pyodide, from a snapshot of its memory where there is one, reads a program from stdin
// and runs it. Python reaches everything of this JavaScript, so nothing here protects the host: Deno's permissions do.

declare const Deno: {
  args: string[]
  stdin: { readSync(into: Uint8Array): number | null }
  stdout: { writeSync(from: Uint8Array): number }
  stderr: { writeSync(from: Uint8Array): number }
  readFileSync(path: string): Uint8Array
  exit(code: number): never
}
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }
declare const TextEncoder: new () => { encode(text: string): Uint8Array }

interface Python {
  setStdin(options: object): void
  setStdout(options: object): void
  setStderr(options: object): void
  runPython(code: string): unknown
  toPy(value: unknown): unknown
  makeMemorySnapshot(): Uint8Array
  globals: { get(name: string): unknown }
}

const { exit, stdin, stdout, stderr } = Deno
/** Pyodide's folder, our Python, what to do, and for `run` the snapshot, or '' for none. */
const [folder, bootPython, task, snapshot, ...args] = Deno.args as [
  string,
  string,
  'run' | 'snapshot',
  string,
  ...string[],
]
const decoder = new TextDecoder()
const text = (path: string) => decoder.decode(Deno.readFileSync(path))

function writer(out: { writeSync(from: Uint8Array): number }) {
  return {
    isatty: false,
    write(bytes: Uint8Array) {
      for (let at = 0; at < bytes.length; ) at += out.writeSync(bytes.subarray(at))
      return bytes.length
    },
  }
}

function readExactly(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; ) {
    const read = stdin.readSync(bytes.subarray(at))
    if (read === null) return exit(125)
    at += read
  }
  return bytes
}

const { loadPyodide } = (await import(`file://${folder}/pyodide.mjs`)) as {
  loadPyodide(options: object): Promise<Python>
}
const options = { indexURL: `${folder}/`, args: ['-B'] }

if (task === 'snapshot') {
  const python = await loadPyodide({ ...options, _makeSnapshot: true })
  python.runPython(text(bootPython))
  writer(stdout).write(python.makeMemorySnapshot())
  exit(0)
}

const fromSnapshot = snapshot !== ''
const python = await loadPyodide(
  fromSnapshot ? { ...options, _loadSnapshot: Deno.readFileSync(snapshot) } : options,
)
python.setStdin({ isatty: false, read: (into: Uint8Array) => stdin.readSync(into) ?? 0 })
python.setStdout(writer(stdout))
python.setStderr(writer(stderr))
if (!fromSnapshot) python.runPython(text(bootPython))
const run = python.globals.get('_agentctl_run') as {
  callPromising(code: string, args: unknown, sleep: (ms: number) => void): Promise<number>
}
const cell = new Int32Array(new SharedArrayBuffer(4))
// Without it, sleeping would use the processor.
const sleep = (ms: number) => void Atomics.wait(cell, 0, 0, ms)

const size = Number(decoder.decode(readExactly(10)))
const { code } = JSON.parse(decoder.decode(readExactly(size))) as { code: string }
stdout.writeSync(new Uint8Array([6]))
try {
  exit(await run.callPromising(code, python.toPy(args), sleep))
} catch (error) {
  stderr.writeSync(new TextEncoder().encode(`${error}\n`))
  exit(1)
}
