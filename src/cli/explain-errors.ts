import { errorTables } from '../runtime/errors.ts'
import { AgentctlError, didYouMean, kernelError } from '../runtime/kernel/index.ts'

export interface ErrorRow {
  code: string
  room: string
  title: string
  fix: string
  kind: string
  exit: number
  status: number
}

/**
 * The error of a code, or all of them.
 * @throws AgentctlError ERROR_CODE_UNKNOWN
 */
export function explainErrors(code?: string): ErrorRow[] {
  const all = Object.entries(errorTables).flatMap(([room, table]) =>
    Object.entries(table).map(([name, spec]) => {
      const { exitCode, status } = new AgentctlError(name, spec, '')
      return { code: name, room, title: spec.title, fix: spec.fix, kind: spec.kind, exit: exitCode, status }
    }),
  )
  const rows = code === undefined ? all : all.filter((row) => row.code === code.toUpperCase())
  if (code === undefined || rows.length > 0) return rows
  const near = didYouMean(
    code,
    all.map((row) => row.code),
  )
  throw kernelError('ERROR_CODE_UNKNOWN', `${code} is no error code of this version${near}`)
}

export function renderErrors(rows: readonly ErrorRow[]): string {
  return rows
    .map(
      (row) =>
        `${row.code}\n  ${row.title}.\n  Fix: ${row.fix}\n  Exit code ${row.exit}, HTTP status ${row.status}.`,
    )
    .join('\n\n')
}
