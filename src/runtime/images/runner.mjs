/**
 * Starts a program in a sandbox for Node.js. Waits on stdin for one frame, which tells what to run; the rest of stdin
 * belongs to the program:
 *
 *     <8 hexadecimal digits: bytes of the header><header><code>
 *
 * The header is UTF-8: nonce, language, milliseconds of processor time (not used here: a limit of the container holds),
 * bytes of the code, then one argument each, with NUL between them. Records tell whoever reads the output of the life of the
 * program, each a line that begins with NUL and the nonce, which the program does not know by accident:
 *
 *     S                      on stderr, before the program starts
 *     X <number>             on stderr: it ends because of an error that nothing has caught, with this exit code; what that
 *                            error was is printed after it
 *     E x <number> <oom> 0   on stderr and stdout: it ends by itself with this exit code, and prints nothing more; whether
 *                            something was killed for want of memory
 */
import { readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import Module, { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'

/** As Node.js decides that a file is an ES module: by what it says when it is read as CommonJS. */
const ESM = [
  'Cannot use import statement outside a module',
  "Unexpected token 'export'",
  "Cannot use 'import.meta' outside a module",
  'await is only valid in async functions and the top level bodies of modules',
  "Identifier 'module' has already been declared",
  "Identifier 'exports' has already been declared",
  "Identifier 'require' has already been declared",
  "Identifier '__filename' has already been declared",
  "Identifier '__dirname' has already been declared",
]
const WRAPPER = ['exports', 'require', 'module', '__filename', '__dirname']

/** Unbuffered, since what follows is not ours. Ends this process when nobody will ever send a program. */
function readExactly(size) {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const count = readSync(0, bytes, at, size - at, null)
    if (count === 0) process.reallyExit(0)
    at += count
  }
  return bytes
}

function isModule(code) {
  try {
    compileFunction(code, WRAPPER)
    return false
  } catch (error) {
    return ESM.some((sign) => String(error?.message).includes(sign))
  }
}

/** Node.js decides by the name how it reads a file. What is written in TypeScript may be either kind of module: it sees. */
function pathOf(language, code) {
  if (language === 'typescript') return '/tmp/main.ts'
  return isModule(code) ? '/tmp/main.mjs' : '/tmp/main.js'
}

/** Tells of the end after every listener for `exit` has had its say, however those came to be called. */
function tellExit(mark) {
  const emit = process.emit
  let uncaught = false
  process.on('uncaughtExceptionMonitor', () => {
    uncaught = true
  })
  process.emit = function (name, ...rest) {
    const heard = emit.call(this, name, ...rest)
    if (name === 'exit') tellEnd(mark, process.exitCode ?? rest[0] ?? 0, uncaught)
    return heard
  }
}

function tellEnd(mark, exitCode, uncaught) {
  if (uncaught) return tell(2, `${mark}X ${exitCode}\n`)
  const record = `${mark}E x ${exitCode} ${hadOom() ? 1 : 0} 0\n`
  tell(2, record)
  tell(1, record)
}

/** Of the cgroup of this container, by version of cgroups. */
function hadOom() {
  return ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control'].some((path) => {
    try {
      return /^oom_kill [1-9]/m.test(readFileSync(path, 'latin1'))
    } catch {
      return false
    }
  })
}

function tell(fd, record) {
  try {
    writeSync(fd, record)
  } catch {
    // The program has closed it; how the container ends tells the rest.
  }
}

const [nonce, language, , size, ...args] = readExactly(Number.parseInt(readExactly(8), 16))
  .toString()
  .split('\0')
const code = readExactly(Number(size)).toString()
const mark = `\0${nonce}`
const path = pathOf(language, code)
writeFileSync(path, code)
process.argv = [process.execPath, path, ...args]
// It has served its purpose before the program could see it.
delete process.env.NODE_OPTIONS
if (!path.endsWith('.js')) globalThis.require = createRequire(path)
tellExit(mark)
tell(2, `${mark}S\n`)
// From an empty stack, so that traces of the program end where it begins.
process.nextTick(Module.runMain, path)
