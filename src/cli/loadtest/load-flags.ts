import { Flags } from '@oclif/core'
import { z } from 'zod'
import { gatewayOnly } from '../rag/rag-flags.ts'
import { durationFlag } from '../streams/stream-flags.ts'

/** What comes from flags, environment or project file. The names are those of the project file. */
export const loadSettings = gatewayOnly.extend({
  loadtestConcurrency: z.coerce
    .number({ error: 'expected a number of requests' })
    .int()
    .min(1)
    .max(100_000)
    .default(50)
    .meta({ env: ['AGENTCTL_LOADTEST_CONCURRENCY', 'LT_CONCURRENCY'] }),
})

const load = { helpGroup: 'LOAD' }
const judging = { helpGroup: 'JUDGING' }
const output = { helpGroup: 'OUTPUT' }

/** How much load, for how long. */
export const loadFlags = {
  concurrency: Flags.integer({
    ...load,
    char: 'c',
    description:
      'Clients, each sending its next request when its last one has ended; with --rate, how many may be under way [default: 50] [env: AGENTCTL_LOADTEST_CONCURRENCY, LT_CONCURRENCY]',
  }),
  requests: Flags.integer({
    ...load,
    char: 'n',
    description: 'Requests in all [default: as many as clients, or as there is time for with --duration]',
  }),
  rate: Flags.custom<number>({ ...load, helpValue: '<per second>', parse: async (text) => Number(text) })({
    description: 'Requests per second, sent when they are due, whether earlier ones have ended or not',
  }),
  arrivals: Flags.option({ ...load, options: ['constant', 'poisson'] as const })({
    description: 'How requests are spread, with --rate [default: constant]',
  }),
  duration: durationFlag({ ...load, description: 'How long to measure [default with --rate: 10s]' }),
  warmup: durationFlag({ ...load, description: 'Load before measuring begins [default: none]' }),
  ramp: durationFlag({
    ...load,
    description: 'Time in which the rate rises to its full height, with --rate',
  }),
  timeout: durationFlag({ ...load, description: 'Longest time a request may take, 0 for any [default: 1m]' }),
  seed: Flags.integer({
    ...load,
    description: 'Of random numbers: the same seed, the same arrivals [default: 1]',
  }),
  threads: Flags.integer({ ...load, description: 'Threads that make load [default: as many as it takes]' }),
  header: Flags.string({
    ...load,
    char: 'H',
    description: `Sent with each request: 'NAME: VALUE'. \${NAME} stands for an environment variable. Headers are never part of results`,
    multiple: true,
    multipleNonGreedy: true,
  }),
}

/** What becomes of the result. */
export const resultFlags = {
  threshold: Flags.string({
    ...judging,
    description: "What must hold, such as 'p99<500ms' 'errors<1%' rate>100; otherwise the exit code is 99",
    multiple: true,
  }),
  'find-max': Flags.string({
    ...judging,
    description:
      "Find the highest rate at which this holds, such as 'p99<500ms', by short runs; --rate is where it begins",
    helpValue: '<condition>',
  }),
  sweep: Flags.string({
    ...judging,
    description: 'Run at each of these rates, such as 50,100,200',
    helpValue: '<rates>',
  }),
  compare: Flags.string({
    ...judging,
    description: 'Compare with an earlier result; the exit code is 99 when it has become worse',
    helpValue: '<file>',
  }),
  tolerance: Flags.integer({
    ...judging,
    description: 'By how many percent a figure may be worse than in the earlier result',
    min: 0,
    default: 10,
  }),
  out: Flags.string({ ...output, description: 'Write the result as JSON', helpValue: '<file>' }),
  html: Flags.string({ ...output, description: 'Write a report as one HTML page', helpValue: '<file>' }),
  hlog: Flags.string({
    ...output,
    description: 'Write the latencies as a log of HDR histograms',
    helpValue: '<file>',
  }),
  live: Flags.boolean({
    ...output,
    description: 'Show how it goes while it runs, on a terminal',
    default: true,
    allowNo: true,
  }),
}
