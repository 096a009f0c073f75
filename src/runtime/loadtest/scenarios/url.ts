import { z } from 'zod'
import { createWireClient, prepareRequest } from '../../platform/wire/index.ts'
import type { Scenario } from '../scenario.ts'
import { checkOptions } from './options.ts'

const status = /^([1-5]xx|[1-5]\d\d)$/i

export const urlOptions = z.strictObject({
  method: z
    .string()
    .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'is not a method')
    .default('GET'),
  body: z.string().optional(),
  /** Statuses that count as success, such as `200,404` or `2xx`. */
  expect: z
    .string()
    .refine((text) => text.split(',').every((each) => status.test(each.trim())), {
      message: 'expected statuses such as 200,404 or 2xx',
    })
    .default('2xx,3xx'),
})

/** One request over and over, to any address. Success is a status that is expected, and a body that has come to its end. */
export const scenario: Scenario = {
  name: 'url',
  series: [
    { name: 'latency', title: 'Response' },
    { name: 'first_byte', title: 'First byte' },
  ],
  counters: ['bytes'],
  async open({ target, options, connections, timeout, headers }) {
    const { method, body, expect } = checkOptions(urlOptions, options)
    const client = createWireClient({ origin: target, connections })
    const request = prepareRequest(target, {
      method,
      path: target,
      headers,
      ...(body === undefined ? {} : { body }),
    })
    const isExpected = expectation(expect)
    return {
      begin(operation) {
        let answered = 0
        let bytes = 0
        client.send(
          request,
          {
            onHeaders(code, _headers, at) {
              answered = code
              operation.record('first_byte', at - operation.due)
            },
            onData(chunk) {
              bytes += chunk.length
            },
            onEnd(at) {
              if (!isExpected(answered)) return operation.fail(`HTTP ${answered}`)
              operation.count('bytes', bytes)
              operation.succeed(at)
            },
            onError: operation.fail,
          },
          timeout === 0 ? undefined : operation.due + timeout,
        )
      },
      close: () => client.close(),
    }
  },
}

function expectation(text: string): (code: number) => boolean {
  const wanted = text.split(',').map((each) => each.trim().toLowerCase())
  const exact = new Set(wanted.map(Number))
  const classes = new Set(wanted.filter((each) => each.endsWith('xx')).map((each) => Number(each[0])))
  return (code) => exact.has(code) || classes.has(Math.floor(code / 100))
}
