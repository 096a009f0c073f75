import { didYouMean } from '../kernel/index.ts'
import { contextsError } from './errors.ts'
import type { ContextFile } from './file.ts'
import { ADDRESSES, type ContextValues, isContextName, LOCAL } from './values.ts'

/**
 * The file with one context more.
 * @throws AgentctlError CONTEXT_INVALID, CONTEXT_EXISTS
 */
export function withContext(
  file: ContextFile,
  name: string,
  values: ContextValues,
  replace: boolean,
): ContextFile {
  if (name === LOCAL) throw contextsError('CONTEXT_INVALID', `"${LOCAL}" means what runs here`)
  if (!isContextName(name)) throw contextsError('CONTEXT_INVALID', `${JSON.stringify(name)} is no name`)
  if (ADDRESSES.every((key) => values[key] === undefined))
    throw contextsError('CONTEXT_INVALID', `${name} would have no address`)
  if (Object.hasOwn(file.contexts, name) && !replace) throw contextsError('CONTEXT_EXISTS', name)
  return { ...file, contexts: { ...file.contexts, [name]: values } }
}

/** The file without a context; where it was in use, none is. @throws AgentctlError CONTEXT_UNKNOWN */
export function withoutContext(file: ContextFile, name: string): ContextFile {
  demand(file, name)
  const { [name]: _, ...contexts } = file.contexts
  return { current: file.current === name ? null : file.current, contexts }
}

/** The file with another context in use; `local` for none. @throws AgentctlError CONTEXT_UNKNOWN */
export function withCurrent(file: ContextFile, name: string): ContextFile {
  if (name !== LOCAL) demand(file, name)
  return { ...file, current: name === LOCAL ? null : name }
}

/** @throws AgentctlError CONTEXT_UNKNOWN */
export function demand(file: ContextFile, name: string): ContextValues {
  const found = Object.hasOwn(file.contexts, name) ? file.contexts[name] : undefined
  if (found) return found
  const near = didYouMean(name, [...Object.keys(file.contexts), LOCAL])
  throw contextsError('CONTEXT_UNKNOWN', `${name}${near}`)
}
