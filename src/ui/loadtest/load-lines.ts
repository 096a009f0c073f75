import type { LoadPlan, Progress } from '../../runtime/loadtest/index.ts'
import { allot } from '../dash/overview/allot.ts'
import { cell, clipLine, type Line, part } from '../dash/parts.ts'
import { age } from '../format/duration.ts'
import { fit, widthOf, wrap } from '../format/fit.ts'
import { GLYPHS } from '../format/glyphs.ts'
import { compact, percent, rate } from '../format/number.ts'
import { plain } from '../format/plain.ts'
import { sparkline } from '../format/sparkline.ts'
import { type BoundsOf, flatBar } from './chart.ts'
import { LABEL, label } from './label.ts'
import { histogramLines, percentileLines, shortPercentiles } from './latency-lines.ts'

export interface LoadViewInput {
  readonly plan: LoadPlan
  /** Undefined before the first. */
  readonly progress: Progress | undefined
  readonly boundsOf: BoundsOf
  /** Whether the run was told to end. */
  readonly stopping: boolean
}

/** How a run is going. At most `height` lines of at most `width` cells; what matters least is left out first. */
export function loadLines(input: LoadViewInput, width: number, height: number): Line[] {
  const { plan, progress, boundsOf } = input
  const room = Math.max(1, height - 1)
  const lines = progress ? runLines(plan, progress, width, room) : startLines(plan)
  const chart = progress ? histogramLines(progress.latency, boundsOf, width, room - lines.length) : []
  return [...lines, ...chart, hintLine(input)]
    .slice(0, Math.max(1, height))
    .map((line) => clipLine(line, width))
}

function startLines(plan: LoadPlan): Line[] {
  return [titleLine(plan), [part('Starting …', 'dim')]]
}

function runLines(plan: LoadPlan, progress: Progress, width: number, height: number): Line[] {
  const blocks: Line[][] = [
    [progressLine(plan, progress, width)],
    [requestLine(progress)],
    [rateLine(plan, progress, width)],
    percentileLines(progress.latency, width),
    errorLines(progress),
    warningLines(progress, width),
    [titleLine(plan)],
  ]
  const given = allot(
    height,
    blocks.map((lines) => lines.length),
  )
  const percentiles = blocks[3] ?? []
  if ((given[3] ?? 0) < percentiles.length) blocks[3] = shortPercentiles(progress.latency, width)
  const cut = blocks.map((lines, index) => lines.slice(0, given[index]))
  return [...(cut.at(-1) ?? []), ...cut.slice(0, -1).flat()]
}

function titleLine({ scenario, target, load }: LoadPlan): Line {
  const how =
    load.kind === 'closed'
      ? `${compact(load.concurrency)} clients`
      : `${rate(load.rate)} ${load.arrivals === 'poisson' ? 'at random times' : 'evenly'}`
  return [{ text: `${scenario} `, bold: true }, part(plain(target)), part(`  ${how}`, 'dim')]
}

function progressLine(plan: LoadPlan, progress: Progress, width: number): Line {
  const { phase, done, elapsed_ms: elapsed } = progress
  const share = done === null ? null : Math.min(1, Math.max(0, done))
  const left = share === null ? null : leftOf(plan, share, elapsed)
  const times = ` ${percent(share)}  ${age(elapsed)}${left === null ? '' : `, ${age(left)} left`}`
  const room = Math.min(40, width - LABEL - widthOf(times) - 1)
  const bar = share === null || room < 4 ? '' : flatBar(share, room)
  return [
    cell(phase, LABEL, 'left', phase === 'measuring' ? 'good' : 'warn'),
    part(bar, 'accent'),
    part(bar === '' ? '' : GLYPHS.empty.repeat(room - bar.length), 'dim'),
    part(times),
    part(phase === 'warm-up' ? '  not measured yet' : '', 'dim'),
  ]
}

/** Milliseconds until the end, as far as it can be foreseen. */
function leftOf({ load, warmup }: LoadPlan, share: number, elapsed: number): number | null {
  if (load.duration !== null) return (1 - share) * (warmup + load.duration)
  return share === 0 ? null : (elapsed * (1 - share)) / share
}

function requestLine({ succeeded, failed, in_flight: flying, total }: Progress): Line {
  const share = total === 0 ? '' : ` (${percent(failed / total)})`
  return [
    label('Requests'),
    part(`${compact(succeeded)} succeeded`),
    part('   '),
    part(`${compact(failed)} failed${failed > 0 ? share : ''}`, failed > 0 ? 'bad' : 'dim'),
    part(`   ${compact(flying)} under way`, 'dim'),
  ]
}

/** Below it a rate is not what was asked for. */
const SHORT = 0.98

function rateLine({ load }: LoadPlan, progress: Progress, width: number): Line {
  const { rate: now, target_rate: target, timeline, phase, elapsed_ms: elapsed } = progress
  const rising = load.kind === 'open' && elapsed < load.ramp + 2_000
  const short = target !== null && phase === 'measuring' && !rising && now < target * SHORT
  const text = fit(`${rate(now)}${target === null ? '' : ` of ${rate(target)}`}`, 20)
  const room = Math.min(60, width - LABEL - 22)
  const history = timeline.map(({ succeeded, failed }) => succeeded + failed)
  return [
    label('Rate'),
    part(text, short ? 'warn' : undefined),
    part(room < 8 ? '' : sparkline(history.slice(-room), Math.min(room, history.length)), 'accent'),
  ]
}

/** Causes that are told. */
const CAUSES = 5

function errorLines({ errors }: Progress): Line[] {
  const shown = errors.slice(0, CAUSES)
  const others = errors.slice(CAUSES).reduce((sum, { count }) => sum + count, 0)
  const lines = shown.map(({ cause, count }) => [
    cell(compact(count), 6, 'right', 'bad'),
    part(`  ${plain(cause, 200)}`),
  ])
  const all =
    others > 0 ? [...lines, [cell(compact(others), 6, 'right', 'bad'), part('  other causes')]] : lines
  return all.map((line, index) => [label(index === 0 ? 'Errors' : ''), ...line])
}

function warningLines({ warnings }: Progress, width: number): Line[] {
  return warnings.flatMap((warning) =>
    wrap(plain(warning, 400), Math.max(10, width - LABEL)).map((text, index) => [
      label(index === 0 ? 'Warning' : ''),
      part(text, 'warn'),
    ]),
  )
}

function hintLine({ stopping }: LoadViewInput): Line {
  return [
    stopping
      ? part('Ending: what is under way is waited for. Press Ctrl-C again to leave now.', 'warn')
      : part('Ctrl-C ends the run and reports what was measured.', 'dim'),
  ]
}
