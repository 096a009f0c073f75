import { median } from '../support/statistics.ts'
import type { RelayName } from './relays/relay.ts'
import type { Round } from './round.ts'

/** All rounds of one relay in one line: medians, and sums of what must not happen at all. */
export interface Summary {
  relay: RelayName
  p50: number
  p99: number
  lost: number
  repeated: number
  /** Megabytes. */
  residentBefore: number
  residentWith: number
  /** Kilobytes a connection. */
  resident: number
  used: number
  redisConnections: number
  relayCpu: number
  redisCpu: number
  /** The part of it that writing takes. */
  writingCpu: number
}

export function summarize(relay: RelayName, rounds: readonly Round[], clients: number): Summary {
  const middle = (value: (round: Round) => number) => median(rounds.map(value))
  const sum = (value: (round: Round) => number) => rounds.reduce((total, round) => total + value(round), 0)
  return {
    relay,
    p50: middle((round) => round.p50),
    p99: middle((round) => round.p99),
    lost: sum((round) => round.lost),
    repeated: sum((round) => round.repeated),
    residentBefore: middle((round) => round.memoryBefore.resident) / 1e6,
    residentWith: middle((round) => round.memoryWith.resident) / 1e6,
    resident: middle((round) => round.memoryWith.resident - round.memoryBefore.resident) / 1e3 / clients,
    used: middle((round) => round.memoryWith.used - round.memoryBefore.used) / 1e3 / clients,
    redisConnections: middle((round) => round.redisConnections),
    relayCpu: middle((round) => round.relayCpu),
    redisCpu: middle((round) => round.redisCpu),
    writingCpu: middle((round) => round.writingCpu),
  }
}

/** Why a relay's numbers may say more about the measuring side; empty when they do not. */
export function doubts(rounds: readonly Round[], clients: number): string[] {
  const middle = (value: (round: Round) => number) => median(rounds.map(value))
  const rate = middle((round) => round.rate)
  return [
    ...(rate < 0.98 * clients ? [`only ${rate.toFixed(0)} messages/s arrived of ${clients}`] : []),
    ...(middle((round) => round.producerLag) > 10 ? ['the producer was more than 10 ms late (p99)'] : []),
    ...(middle((round) => round.clientDelay) > 10 ? ['the clients stalled for more than 10 ms (p99)'] : []),
    ...(middle((round) => round.clientCpu) > 70 ? ['the clients used more than 70 % of a core'] : []),
  ]
}
