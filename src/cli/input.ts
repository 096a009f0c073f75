import { constants, createReadStream, openSync, statSync } from 'node:fs'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'

/**
 * What a file on the command line holds, as a stream. A named pipe, such as `<(zcat FILE)`, is waited on by the event
 * loop: read as a file it would hold a thread until somebody writes, and neither the stream nor the process could end before.
 * @param file `-` for stdin
 */
export function openInput(file: string): Readable {
  if (file === '-') return process.stdin
  if (!statSync(file, { throwIfNoEntry: false })?.isFIFO()) return createReadStream(file)
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false })
}
