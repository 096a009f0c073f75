import { Flags } from '@oclif/core'
import type { ScenarioName } from '../../runtime/loadtest/index.ts'

const of = (scenario: ScenarioName) => ({ helpGroup: `SCENARIO ${scenario}` })

/** Flags that only one scenario takes. */
export const scenarioFlags = {
  query: Flags.string({
    ...of('query'),
    description: 'What is asked; several texts are asked in turn',
    multiple: true,
    multipleNonGreedy: true,
  }),
  repeat: Flags.boolean({
    ...of('query'),
    description:
      'Ask the same text again, so that caches may answer; otherwise no two questions are the same',
  }),
  stream: Flags.boolean({ ...of('query'), description: 'Read the answer as it is written' }),
  user: Flags.string({ ...of('query'), description: 'Who asks: limits are counted for each user' }),
  'top-k': Flags.integer({ ...of('query'), description: 'Passages to answer from' }),
  feature: Flags.string({ ...of('chat'), description: 'Feature to talk to [default: test]' }),
  prompt: Flags.string({ ...of('chat'), description: 'What is said' }),
  messages: Flags.string({
    ...of('chat'),
    description: 'File with a JSON list of messages',
    helpValue: '<file>',
  }),
  'max-events': Flags.integer({ ...of('chat'), description: 'Leave after so many messages' }),
  reconnect: Flags.integer({
    ...of('chat'),
    description: 'Go on where it was, at most so many times, when the connection breaks [default: 0]',
  }),
  code: Flags.string({ ...of('eval'), description: 'Program to run [default: print("ok")]' }),
  file: Flags.string({ ...of('eval'), description: 'File with the program', helpValue: '<file>' }),
  language: Flags.string({
    ...of('eval'),
    description: 'Its language [default: what the ending of the file tells, else python]',
  }),
  type: Flags.string({ ...of('events'), description: 'Type to publish [default: loadtest.event]' }),
  data: Flags.string({ ...of('events'), description: 'Data of each event', helpValue: '<json>' }),
  size: Flags.integer({ ...of('events'), description: 'Bytes of data to make up, where none are given' }),
  consume: Flags.boolean({
    ...of('events'),
    description: 'Wait until each event has come to a client of the live stream',
  }),
  method: Flags.string({ ...of('url'), description: 'Method [default: GET]' }),
  body: Flags.string({ ...of('url'), description: 'Body, or @FILE', helpValue: '<text>' }),
  expect: Flags.string({
    ...of('url'),
    description: 'Statuses that count as success, such as 200,404 [default: 2xx and 3xx]',
    helpValue: '<statuses>',
  }),
}

/** Which scenario each of these flags belongs to. */
export const SCENARIO_OF = {
  ...{ query: 'query', repeat: 'query', stream: 'query', user: 'query', 'top-k': 'query' },
  ...{ feature: 'chat', prompt: 'chat', messages: 'chat', 'max-events': 'chat', reconnect: 'chat' },
  ...{ code: 'eval', file: 'eval', language: 'eval' },
  ...{ type: 'events', data: 'events', size: 'events', consume: 'events' },
  ...{ method: 'url', body: 'url', expect: 'url' },
} as const satisfies Record<keyof typeof scenarioFlags, ScenarioName>
