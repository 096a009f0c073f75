import type { Evaluation, EvaluationEntry } from '../../runtime/evaluation/messages.ts'
import { printable } from '../../runtime/platform/log/index.ts'
import { renderFacts } from '../list.ts'
import type { Column } from '../table.ts'

const time = (at: string | null) => (at === null ? '-' : at.slice(0, 19).replace('T', ' '))
const took = (ms: number | null) => (ms === null ? '-' : ms < 1_000 ? `${Math.round(ms)}ms` : seconds(ms))
const seconds = (ms: number) => `${Math.round(ms / 100) / 10}s`

export const evaluationColumns: Column<EvaluationEntry>[] = [
  { title: 'EVALUATION', value: ({ eval_id }) => eval_id },
  { title: 'STATUS', value: ({ status }) => status },
  { title: 'REASON', value: ({ reason }) => reason ?? '' },
  { title: 'LANGUAGE', value: ({ language }) => language ?? '-' },
  { title: 'QUEUED', value: ({ queued_at }) => time(queued_at) },
  { title: 'TOOK', value: ({ duration_ms }) => took(duration_ms), align: 'right' },
  { title: 'EXIT', value: ({ exit_code }) => String(exit_code ?? '-'), align: 'right', wide: true },
  { title: 'TRIES', value: ({ attempts }) => String(attempts), align: 'right', wide: true },
  { title: 'BACKEND', value: ({ backend }) => backend ?? '-', wide: true },
]

/** Everything about one evaluation, for people. */
export function evaluationText(of: Evaluation): string {
  const facts = renderFacts([
    ['Evaluation', of.eval_id],
    ['Status', [of.status, of.reason].filter(Boolean).join(': ')],
    ...(of.detail === null ? [] : [['Detail', printable(of.detail)] as const]),
    ['Language', of.language ?? '-'],
    ['Exit code', String(of.exit_code ?? of.signal ?? '-')],
    ['Queued', time(of.queued_at)],
    ['Started', time(of.started_at)],
    ['Finished', time(of.finished_at)],
    ['Took', took(of.duration_ms)],
    ['Tries', String(of.attempts)],
    ['Backend', of.backend ?? '-'],
    ...(of.truncated ? [['Output', 'cut off: it wrote more than is kept'] as const] : []),
  ])
  return [facts, ...outputText('stdout', of.stdout), ...outputText('stderr', of.stderr)].join('\n')
}

function outputText(name: string, text: string): string[] {
  return text === '' ? [] : ['', `${name}:`, printable(text.trimEnd(), true)]
}

/** One line about how it ended, where that is not plain from the output. */
export function endLine(of: Evaluation): string | undefined {
  if (of.status === 'completed') return undefined
  const why = {
    nonzero_exit: undefined,
    signal: `ended by ${of.signal}`,
    wall_timeout: 'ended: it took longer than it may (--timeout)',
    cpu_timeout: 'ended: it used more processor time than it may (--cpu)',
    out_of_memory: 'ended: it used more memory than it may (--memory)',
    output_limit: 'ended: it wrote more than it may (--output-limit)',
    infra_error: `not the program failed, but what was to run it: ${printable(of.detail ?? 'see the log')}`,
  }
  return of.status === 'cancelled' ? 'cancelled' : why[of.reason ?? 'nonzero_exit']
}
