// Runs inside Deno, not in Node: reads a program from stdin and runs it. What it needs later is kept in constants, since
// the program may change anything. The program is imported dynamically, because Deno asks for no permission to read what is
// imported statically: a main module could read any file of the host.

declare const Deno: {
  stdin: { readSync(into: Uint8Array): number | null }
  stdout: { writeSync(from: Uint8Array): number }
  stderr: { writeSync(from: Uint8Array): number }
  inspect(value: unknown): string
  exit(code: number): never
}
declare const URL: { createObjectURL(blob: unknown): string }
declare const Blob: new (parts: string[], options: { type: string }) => unknown
declare const TextDecoder: new () => { decode(bytes: Uint8Array): string }
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare function addEventListener(
  type: string,
  listener: (event: {
    defaultPrevented: boolean
    preventDefault(): void
    error?: unknown
    reason?: unknown
  }) => void,
): void

interface Frame {
  code: string
  language: 'javascript' | 'typescript'
}

const { inspect, exit, stdin, stdout, stderr } = Deno
const writeError = stderr.writeSync.bind(stderr)
const encoder = new TextEncoder()
const encode = encoder.encode.bind(encoder)
const name = { javascript: 'main.js', typescript: 'main.ts' }

function readExactly(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; ) {
    const read = stdin.readSync(bytes.subarray(at))
    if (read === null) return exit(125)
    at += read
  }
  return bytes
}

const decoder = new TextDecoder()
const size = Number(decoder.decode(readExactly(10)))
const { code, language } = JSON.parse(decoder.decode(readExactly(size))) as Frame
// Loading this takes longer than all the rest, and none of the program's time.
const module = language === 'typescript' ? await import('node:module') : undefined
stdout.writeSync(new Uint8Array([6]))

/** Ends the program as Deno itself does it, with places in the program instead of addresses. */
function fail(error: unknown): void {
  const lines = inspect(error).replaceAll(url, name[language]).split('\n')
  const theirs = lines.filter((line) => !line.includes(import.meta.url)).join('\n')
  writeError(encode(`Uncaught ${theirs}\n`))
  exit(1)
}

function toJavaScript(text: string): string {
  if (module === undefined) return text
  try {
    return module.stripTypeScriptTypes(text, { mode: 'strip' }) // keeps lines and columns
  } catch {
    return module.stripTypeScriptTypes(text, { mode: 'transform' }) // knows enums, namespaces and more
  }
}

/** Each would need half a gigabyte of address space, which the program does not get; this says it better than V8 does. */
class NoWorker {
  constructor() {
    throw new Error('there are no threads in this sandbox')
  }
}
Object.defineProperty(globalThis, 'Worker', { value: NoWorker, writable: true, configurable: true })

let url = ' '
try {
  url = URL.createObjectURL(new Blob([toJavaScript(code)], { type: 'text/javascript' }))
  await import(url)
} catch (error) {
  fail(error)
}
// Listened for only now: those that the program has for them come first.
addEventListener('error', (event) => {
  if (event.defaultPrevented) return
  event.preventDefault()
  fail(event.error)
})
addEventListener('unhandledrejection', (event) => {
  if (event.defaultPrevented) return
  event.preventDefault()
  fail(event.reason)
})
