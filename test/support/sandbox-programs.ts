import type { Language } from '../../src/runtime/sandbox/index.ts'

/** The same small programs in every language. Those in JavaScript run under Deno and under Node. */
export interface Programs {
  hello: string
  /** Prints its stdin in capitals. */
  shout: string
  /** Prints its arguments, joined with `|`. */
  args: string
  exit3: string
  /** Raises an error with the message `kaboom` in line 2, in a function named `broken`. */
  throws: string
  unicode: string
  /** Prints `out` to stdout and `err` to stderr. */
  both: string
  /** Prints `first`, waits for `ms`, prints `second`. */
  twice(ms: number): string
  /** Prints `ready` and never ends, without using the processor. */
  sleeps: string
  /** Prints `ready` and uses the processor for ever. */
  spins: string
  /** Writes this many letters `x`, in one go. */
  letters(count: number): string
  /** Writes `a`, a NUL, the bytes FF FE, and `b`. */
  bytes: string
  /** Ends without a line end. */
  unended: string
  /** Takes memory in pieces of 4 MB, and touches it. */
  hoards: string
  /** Ends at once and reads nothing. */
  deaf: string
}

const later = (body: string) => `(async () => {\n${body}\n})()`

const javascript: Programs = {
  hello: `console.log('Hello, Events!')`,
  shout: later(`
    let all = ''
    process.stdin.setEncoding('utf8')
    for await (const chunk of process.stdin) all += chunk
    process.stdout.write(all.toUpperCase())`),
  args: `console.log(process.argv.slice(2).join('|'))`,
  exit3: `console.log('bye'); process.exit(3)`,
  throws: `function broken() {\n  throw new Error('kaboom')\n}\nbroken()`,
  unicode: `console.log('naïve 日本語 🎉')`,
  both: `console.log('out'); console.error('err')`,
  twice: (ms) => `console.log('first'); setTimeout(() => console.log('second'), ${ms})`,
  sleeps: `console.log('ready'); setInterval(() => {}, 1000)`,
  spins: `console.log('ready'); while (true);`,
  letters: (count) => `process.stdout.write('x'.repeat(${count}))`,
  bytes: `process.stdout.write(new Uint8Array([97, 0, 255, 254, 98]))`,
  unended: `process.stdout.write('no line end')`,
  hoards: `const all = []\nwhile (true) all.push(new Uint8Array(4e6).fill(1))`,
  deaf: `console.log('done')`,
}

const python: Programs = {
  hello: `print("Hello, Events!")`,
  shout: `import sys\nsys.stdout.write(sys.stdin.read().upper())`,
  args: `import sys\nprint("|".join(sys.argv[1:]))`,
  exit3: `import sys\nprint("bye")\nsys.exit(3)`,
  throws: `def broken():\n    raise ValueError("kaboom")\nbroken()`,
  unicode: `print("naïve 日本語 🎉")`,
  both: `import sys\nprint("out")\nprint("err", file=sys.stderr)`,
  twice: (ms) => `import time\nprint("first", flush=True)\ntime.sleep(${ms / 1_000})\nprint("second")`,
  sleeps: `import time\nprint("ready", flush=True)\nwhile True: time.sleep(1)`,
  spins: `print("ready", flush=True)\nwhile True: pass`,
  letters: (count) => `import sys\nsys.stdout.write("x" * ${count})`,
  bytes: `import os\nos.write(1, bytes([97, 0, 255, 254, 98]))`,
  unended: `import sys\nsys.stdout.write("no line end")`,
  hoards: `all = []\nwhile True: all.append(bytearray(b"x" * 4_000_000))`,
  deaf: `print("done")`,
}

const typescript: Programs = {
  ...javascript,
  hello: `enum Word { Hello = 'Hello' }\nconst who: string = 'Events'\nconsole.log(\`\${Word.Hello}, \${who}!\`)`,
  throws: `function broken(): never {\n  throw new Error('kaboom' as string)\n}\nbroken()`,
}

export const programs: Readonly<Record<Language, Programs>> = { python, javascript, typescript }
