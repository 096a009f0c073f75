import { didYouMean, PROJECT_FILE, readProjectFile } from '../kernel/index.ts'
import { contextsError } from './errors.ts'
import { type ContextFile, readContexts } from './file.ts'
import { type ContextValues, fillIn, LOCAL } from './values.ts'

/** The context that a command uses. */
export interface ChosenContext {
  name: string
  values: ContextValues
  /** What chose it, such as `--context`. */
  by: string
}

/** How `by` says that the command line names it. */
export const BY_FLAG = '--context'

/** What may name a context, strongest first; in each, `local` means none. */
export interface Choices {
  flag?: string | undefined
  env?: string | undefined
  project?: string | undefined
  current?: string | null | undefined
}

/** The name that is chosen, and by what; undefined when no context is to be used. */
export function chooseName(choices: Choices): { name: string; by: string } | undefined {
  const named = [
    { name: choices.flag, by: BY_FLAG },
    { name: choices.env, by: 'AGENTCTL_CONTEXT' },
    { name: choices.project, by: `"context" in ${PROJECT_FILE}` },
    { name: choices.current, by: '`agentctl context use`' },
  ].find(({ name }) => typeof name === 'string' && name !== '')
  return named === undefined || named.name === LOCAL ? undefined : { name: String(named.name), by: named.by }
}

/**
 * The context a command uses; undefined when it uses none.
 * @param flag what `--context` says
 * @throws AgentctlError CONTEXT_UNKNOWN, CONTEXT_VARIABLE_MISSING, CONTEXT_FILE_INVALID
 */
export function chosenContext(flag?: string): ChosenContext | undefined {
  const project = readProjectFile(process.cwd()).context
  const env = process.env.AGENTCTL_CONTEXT
  const named = typeof project === 'string' ? { project } : {}
  // Told to use none, a command works whatever is in the file.
  if ((flag || env || named.project) === LOCAL) return undefined
  const file = readContexts()
  const chosen = chooseName({ flag, env, ...named, current: file.current })
  if (chosen === undefined) return undefined
  return { ...chosen, values: fillIn(chosen.name, find(file, chosen), process.env) }
}

function find({ contexts }: ContextFile, { name, by }: { name: string; by: string }): ContextValues {
  const found = Object.hasOwn(contexts, name) ? contexts[name] : undefined
  if (found) return found
  const near = didYouMean(name, [...Object.keys(contexts), LOCAL])
  throw contextsError('CONTEXT_UNKNOWN', `${name}, named by ${by}${near}`, { field: 'context' })
}
