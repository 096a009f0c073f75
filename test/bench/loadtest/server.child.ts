import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerParent } from '../support/child.ts'
import { LENGTH, PERIOD, SERVICE, STALL } from './stalls.ts'

export type ServerApi = {
  /** Answers at once, and does as little as a server can. */
  trivial(): Promise<string>
  /** Answers after SERVICE, and stalls once it is told to begin. */
  stalling(): Promise<string>
  /** The schedule begins. */
  begin(): void
}

const never = new Int32Array(new SharedArrayBuffer(4))

const api: ServerApi = {
  trivial: () => listen((answer) => answer()),
  stalling: () => listen((answer) => setTimeout(answer, SERVICE)),
  begin() {
    // The whole process stands still, as in a collection of garbage: nothing is accepted, read or answered.
    for (let at = PERIOD / 2; at < LENGTH; at += PERIOD)
      setTimeout(() => Atomics.wait(never, 0, 0, STALL), at)
  },
}

function listen(whenAsked: (answer: () => void) => void): Promise<string> {
  const server = createServer((_request, response) =>
    whenAsked(() => {
      response.setHeader('content-type', 'text/plain')
      response.end('Hello, world!')
    }),
  )
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    }),
  )
}

answerParent(api, () => {})
