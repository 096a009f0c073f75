import type { Task } from '../messages.ts'

/**
 * What the runner in a container reads on stdin: what to run, and then what is for the program itself. There is no other way
 * in: the file system of a container cannot be written to from outside.
 * Layout: 8 hexadecimal digits (bytes of the header), header, code, stdin; the header has nonce, language, milliseconds of
 * processor time, bytes of the code and the arguments, with NUL between them.
 */
export function encodeFrame({ language, code, stdin, args, limits }: Task, nonce: string): Buffer {
  const codeBytes = Buffer.from(code)
  const header = Buffer.from([nonce, language, limits.cpu_ms, codeBytes.length, ...args].join('\0'))
  const size = Buffer.from(header.length.toString(16).padStart(8, '0'))
  return Buffer.concat([size, header, codeBytes, Buffer.from(stdin)])
}
