import type { Measurement } from '../support/http-load.ts'
import { type Machine, machineLine } from '../support/machine.ts'
import { median } from '../support/statistics.ts'
import { markdownTable, short } from '../support/table.ts'
import type { RagOptions } from './options.ts'

export const SCENES = {
  burst: 'new questions, in bursts',
  loop: 'new questions, closed loop',
  same: 'the same question, closed loop',
  replica: 'a replica alone, closed loop',
} as const

export type SceneName = keyof typeof SCENES

export interface Round extends Measurement {
  scene: SceneName
  repeat: number
}

export interface Result extends RagOptions {
  machine: Machine
  rounds: readonly Round[]
}

/** Milliseconds the pipeline may add to what the model takes, at the median. */
const BAR = 15

export function report({ machine, rounds, concurrency, mock, replicas, apart, repeats }: Result): string {
  const of = (scene: SceneName, value: (round: Round) => number) =>
    median(rounds.filter((round) => round.scene === scene).map(value))
  const names = Object.keys(SCENES) as SceneName[]
  const rows = names.map((scene) => [
    SCENES[scene],
    short(of(scene, ({ p50 }) => p50)),
    short(of(scene, ({ p99 }) => p99)),
    Math.round(of(scene, ({ rate }) => rate)).toLocaleString('en'),
  ])
  const overhead = (scene: SceneName) => of(scene, ({ p50 }) => p50) - mock
  const verdict = (scene: SceneName) => (overhead(scene) <= BAR ? 'met' : 'NOT MET')
  return [
    [
      `${concurrency} queries under way`,
      `a mock of ${mock} ms in ${replicas} replicas`,
      `stages in ${apart ? 'three processes' : 'one process'}`,
      `median of ${repeats}`,
    ].join('; '),
    machineLine(machine),
    '',
    markdownTable([['', 'p50 ms', 'p99 ms', 'queries/s'], ...rows]),
    '',
    `- Overhead in bursts: ${short(overhead('burst'))} ms, bar ${BAR} ms: ${verdict('burst')}`,
    `- Overhead in the closed loop: ${short(overhead('loop'))} ms, bar ${BAR} ms: ${verdict('loop')}`,
    `- Failed queries: ${rounds.reduce((sum, { failed }) => sum + failed, 0)}`,
    '',
  ].join('\n')
}
