import { type Area, type Examination, examine } from '../../runtime/doctor/index.ts'
import { roles } from '../../runtime/roles.ts'
import { version } from '../../runtime/version.ts'
import { campaignsClient } from '../campaigns/campaign-flags.ts'
import { describeSettings } from '../describe-settings.ts'
import { toValues } from '../flags.ts'
import { engineOnly } from '../images/image-flags.ts'
import { renderList } from '../list.ts'
import { llmClient } from '../llm/llm-flags.ts'
import { gatewayOnly } from '../rag/rag-flags.ts'
import { serveSettings } from '../serve-settings.ts'
import { storageReplaySettings } from '../storage/replay-settings.ts'
import { findingColumns, renderExamination } from './doctor-text.ts'

/** Every schema whose settings may be in the environment or the project file. */
const schemas = [
  ...roles.map(({ options }) => options),
  serveSettings,
  gatewayOnly,
  llmClient,
  campaignsClient,
  storageReplaySettings,
  engineOnly,
]

export async function runDoctor(
  flags: Record<string, unknown> & { only?: Area[] | undefined; bundle?: string | undefined },
): Promise<Examination> {
  const { only, bundle, verbose: _, output: __, json: ___, ...own } = flags
  return examine({
    version,
    values: toValues(own),
    schemas,
    terminal: {
      tty: process.stdout.isTTY === true,
      columns: process.stdout.isTTY ? process.stdout.columns : undefined,
      depth: process.stdout.isTTY ? process.stdout.getColorDepth() : 1,
    },
    ...(only === undefined || only.length === 0 ? {} : { only }),
    bundle,
    settings: () => describeSettings(own),
  })
}

/** The examination in one of the forms of `-o`; what is well only in those for programs, or when asked for. */
export function renderDoctor(examination: Examination, form: string, verbose: boolean): string {
  if (form === 'table') return renderExamination(examination, verbose)
  const all = form === 'json' || form === 'ndjson' || verbose
  const shown = examination.findings.filter(({ level }) => all || level !== 'ok')
  if (form === 'json') return JSON.stringify(examination, null, 2)
  return renderList(shown, findingColumns, form, ({ check }) => check)
}
