import { printable } from '../runtime/platform/log/index.ts'
import { confirmed } from './confirm.ts'

/** Something that destroys, in the steps that all of them share: count, ask, do, tell. */
export interface Change<P extends object, R extends object> {
  plan(): Promise<P>
  /** What will be done, with counts: "Remove 12 entries of tasks". */
  what(plan: P): string
  /** What else is worth knowing before it is done, a sentence each. */
  warnings(plan: P): string[]
  apply(plan: P): Promise<R>
  done(result: R, plan: P): string
  /** What has to be typed instead of y. */
  name?: string
}

export interface ChangeOutput {
  /** One line of data. */
  print(line: string): void
  /** For people. */
  say(line: string): void
}

/** @returns what `--json` prints: the plan of a dry run, or the plan and what has been done. */
export async function runChange<P extends object, R extends object>(
  change: Change<P, R>,
  flags: { yes: boolean; 'dry-run': boolean },
  { print, say }: ChangeOutput,
): Promise<object> {
  const plan = await change.plan()
  const what = change.what(plan)
  for (const warning of change.warnings(plan)) say(printable(warning))
  const name = change.name === undefined ? {} : { name: change.name }
  if (!(await confirmed({ what, yes: flags.yes, dryRun: flags['dry-run'], ...name }))) {
    print(printable(`Would ${what.charAt(0).toLowerCase()}${what.slice(1)}. Nothing was changed.`))
    return { dry_run: true, plan }
  }
  const result = await change.apply(plan)
  print(printable(change.done(result, plan)))
  return { dry_run: false, plan, result }
}

/** 1 entry, 2 entries */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
