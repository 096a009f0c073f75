import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { loadtestError } from '../../runtime/loadtest/errors.ts'
import type { ScenarioName } from '../../runtime/loadtest/index.ts'
import { SCENARIO_OF } from './scenario-flags.ts'

/** Flags of scenarios, as they were given. */
export type ScenarioFlags = { readonly [name in keyof typeof SCENARIO_OF]?: unknown }

/**
 * The options of a scenario, with the content of the files that flags name.
 * @throws AgentctlError LOADTEST_OPTION_INVALID, LOADTEST_FILE_INVALID, and those of programs and event types
 */
export async function optionsOf(
  scenario: ScenarioName,
  flags: ScenarioFlags,
): Promise<Record<string, unknown>> {
  const given = Object.entries(SCENARIO_OF).filter(
    ([name]) => flags[name as keyof ScenarioFlags] !== undefined,
  )
  for (const [name, owner] of given)
    if (owner !== scenario)
      throw invalid(name, `--${name} is of the scenario ${owner}, and ${scenario} is what runs`)
  const options = given.map(([name]) => [camel(name), flags[name as keyof ScenarioFlags]] as const)
  return checkedOptions(scenario, await withFiles(scenario, Object.fromEntries(options)))
}

async function withFiles(
  scenario: ScenarioName,
  { file, ...options }: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  if (scenario === 'eval' && file !== undefined)
    return { ...options, ...(await program(String(file), options)) }
  if (scenario === 'chat' && options.messages !== undefined)
    return { ...options, messages: json(await text('messages', String(options.messages)), 'messages') }
  if (scenario === 'events') {
    const { checkEventType } = await import('../../runtime/bus/keys.ts')
    if (options.type !== undefined) checkEventType(options.type)
    if (options.data !== undefined) return { ...options, data: json(String(options.data), 'data') }
  }
  if (scenario === 'url' && String(options.body ?? '').startsWith('@'))
    return { ...options, body: await text('body', String(options.body).slice(1)) }
  return options
}

async function program(file: string, { code, language }: Record<string, unknown>) {
  if (code !== undefined) throw invalid('file', '--file contradicts --code: both are the program')
  const { languageOf, readProgramAndInput } = await import('../eval/program-file.ts')
  const read = await readProgramAndInput(file, undefined)
  return { code: read.code, language: languageOf(file, language as string | undefined) }
}

async function checkedOptions(
  scenario: ScenarioName,
  options: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  const { checkOptions, schemas } = await import('../../runtime/loadtest/scenarios/options.ts')
  const schema =
    scenario === 'url'
      ? (await import('../../runtime/loadtest/scenarios/url.ts')).urlOptions
      : schemas[scenario]
  return { ...(checkOptions(schema as z.ZodType, options) as Record<string, unknown>) }
}

async function text(flag: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'it does not exist' : code === 'EISDIR' ? 'it is a folder' : message
    throw loadtestError('LOADTEST_FILE_INVALID', `--${flag}: ${path}: ${why}`, { field: flag, cause })
  }
}

function json(written: string, flag: string): unknown {
  try {
    return JSON.parse(written)
  } catch (cause) {
    throw invalid(flag, `--${flag}: it is no JSON: ${(cause as Error).message}`)
  }
}

/** max-events → maxEvents */
const camel = (name: string) => name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
const invalid = (field: string, why: string) => loadtestError('LOADTEST_OPTION_INVALID', why, { field })
