import { type Machine, machineLine } from '../support/machine.ts'
import { short, table } from '../support/table.ts'
import { RELAYS, type RelayName } from './relays/relay.ts'
import type { Round } from './round.ts'
import { doubts, type Summary } from './summary.ts'

const HEADER = [
  'Relay',
  'p50 ms',
  'p99 ms',
  'lost',
  'repeated',
  'RSS MB',
  'RSS KB/conn',
  'used KB/conn',
  'Redis conns',
  'relay CPU %',
  'Redis CPU %',
  'of it writing',
]

const NOTES = [
  'CPU in % of one core; "of it writing" is what Redis needs for the messages alone, before the clients come.',
  'RSS includes what V8 reserves for young objects, and about 30 MB for running TypeScript from source; "used" is',
  'what is reachable. resumable-stream keeps all messages in its producer, so Redis writes nothing for it.',
]

/** At most this many Redis connections may the gateway hold, however many clients it has. */
const CONNECTION_BAR = 5

export interface Result {
  clients: number
  seconds: number
  repeats: number
  machine: Machine
  summaries: readonly Summary[]
  rounds: readonly Round[]
}

export function report({ clients, seconds, repeats, machine, summaries, rounds }: Result): string {
  const ours = summaries.find((summary) => summary.relay === 'ours')
  return [
    `${clients} clients on one gateway process, each with its own chat at 1 message/s; windows of ${seconds} s, median of ${repeats}`,
    machineLine(machine),
    '',
    table([HEADER, ...summaries.map(row)]),
    '',
    ...(ours ? summaries.filter((other) => other !== ours).map((peer) => ratios(ours, peer)) : []),
    ...(ours ? [bar(ours)] : []),
    measuringSide(rounds),
    ...summaries.flatMap(({ relay }) => invalid(relay, rounds, clients)),
    ...NOTES,
    '',
  ].join('\n')
}

function row(summary: Summary): string[] {
  return [
    RELAYS[summary.relay].title,
    short(summary.p50),
    short(summary.p99),
    String(summary.lost),
    String(summary.repeated),
    `${summary.residentBefore.toFixed(0)} → ${summary.residentWith.toFixed(0)}`,
    short(summary.resident),
    short(summary.used),
    String(summary.redisConnections),
    short(summary.relayCpu),
    short(summary.redisCpu),
    short(summary.writingCpu),
  ]
}

function ratios(ours: Summary, peer: Summary): string {
  const ratio = (name: string, key: keyof Omit<Summary, 'relay'>) =>
    `${name} ×${short(ours[key] / peer[key])}`
  return `Ours against ${RELAYS[peer.relay].title}: ${[
    ratio('p50', 'p50'),
    ratio('p99', 'p99'),
    ratio('RSS/conn', 'resident'),
    ratio('used/conn', 'used'),
    `Redis conns ${ours.redisConnections} to ${peer.redisConnections}`,
    ratio('relay CPU', 'relayCpu'),
    ratio('Redis CPU', 'redisCpu'),
  ].join(', ')}`
}

function bar({ redisConnections }: Summary): string {
  const met = redisConnections <= CONNECTION_BAR ? 'met' : 'MISSED'
  return `Bar of at most ${CONNECTION_BAR} Redis connections: ${met}`
}

function invalid(relay: RelayName, rounds: readonly Round[], clients: number): string[] {
  const own = rounds.filter((round) => round.relay === relay)
  return doubts(own, clients).map((doubt) => `INVALID for ${RELAYS[relay].title}: ${doubt}`)
}

/** Shows that the relays were measured and not what surrounds them. */
function measuringSide(rounds: readonly Round[]): string {
  const worst = (value: (round: Round) => number) => short(Math.max(...rounds.map(value)))
  return [
    `Measuring side, worst round: clients ${worst((round) => round.clientCpu)} % of a core`,
    `event loop ${worst((round) => round.clientDelay)} ms (p99)`,
    `producer ${worst((round) => round.producerCpu)} %`,
    `late by ${worst((round) => round.producerLag)} ms (p99)`,
  ].join(', ')
}
