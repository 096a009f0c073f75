import type { z } from 'zod'
import { contextsPath, isOpenToOthers, readContexts } from '../../contexts/index.ts'
import {
  AgentctlError,
  loadConfig,
  messageOf,
  nearWords,
  PROJECT_FILE,
  readProjectFile,
  shellWord,
} from '../../kernel/index.ts'
import { roles } from '../../roles.ts'
import { type Check, fail, info, ok, type Remark, warn } from '../check.ts'

type Env = Readonly<Record<string, string | undefined>>

export const projectFile: Check = {
  name: 'project-file',
  area: 'settings',
  title: PROJECT_FILE,
  run({ cwd, schemas }) {
    try {
      const file = readProjectFile(cwd)
      return judgeKeys(
        Object.keys(file),
        schemas.flatMap(({ shape }) => Object.keys(shape)),
      )
    } catch (error) {
      return [fail(messageOf(error), 'No command starts with it.', fixOf(error))]
    }
  },
}

export function judgeKeys(keys: readonly string[], known: readonly string[]): Remark[] {
  const unknown = keys.filter((key) => !known.includes(key) && !key.startsWith('$'))
  if (unknown.length === 0) return keys.length === 0 ? [] : [ok(`${PROJECT_FILE} sets ${keys.join(', ')}`)]
  return unknown.map((key) => {
    const near = nearWords(key, known)[0]
    return warn(
      `${PROJECT_FILE} sets "${key}", which is no setting`,
      'It has no effect.',
      near === undefined ? 'Remove it; `agentctl config` lists the settings' : `Write it as "${near}"`,
    )
  })
}

export const values: Check = {
  name: 'values',
  area: 'settings',
  title: 'the values of the settings',
  run() {
    const troubles = new Map<string, Remark>()
    for (const { name, options } of roles) {
      try {
        loadConfig(options, {})
      } catch (error) {
        // One variable can be wrong for many roles.
        const told = troubles.get(messageOf(error))
        troubles.set(
          messageOf(error),
          told ?? fail(messageOf(error), `The role ${name} does not start with it.`, fixOf(error)),
        )
      }
    }
    return troubles.size > 0
      ? [...troubles.values()]
      : [ok('Every role can start with the settings it would get')]
  },
}

function fixOf(error: unknown): string {
  return error instanceof AgentctlError ? error.fix : 'See `agentctl config`'
}

export const environment: Check = {
  name: 'environment',
  area: 'settings',
  title: 'the environment',
  run: ({ env, schemas }) => judgeEnvironment(env, variablesOf(schemas)),
}

/** For each setting, the variables that set it, the strongest first. */
export function variablesOf(schemas: readonly z.ZodObject[]): string[][] {
  const lists = schemas.flatMap(({ shape }) =>
    Object.values(shape).map((field) => [...((field as z.ZodType).meta()?.env ?? [])]),
  )
  const seen = new Map(lists.filter((names) => names.length > 0).map((names) => [names.join(), names]))
  return [...seen.values()]
}

/** Set by agentctl itself, for the programs it starts, and by its completion. */
const OWN = /^AGENTCTL_(REPLICA|EVENT_ID|EVENT_TYPE|GROUP|DELIVERY|CONTEXT|AC_\w+|DEBUG|SKIP_\w+)$/

export function judgeEnvironment(env: Env, variables: readonly (readonly string[])[]): Remark[] {
  const remarks = [...contradictions(env, variables), ...misspelt(env, variables.flat())]
  return remarks.length > 0 ? remarks : [ok('No variables of the environment contradict each other')]
}

function contradictions(env: Env, variables: readonly (readonly string[])[]): Remark[] {
  const remarks = variables.flatMap((names) => {
    const [first, ...others] = names.filter((name) => env[name])
    const weaker = others.find((name) => env[name] !== env[first ?? ''])
    return first === undefined || weaker === undefined ? [] : [beats(first, weaker)]
  })
  const url = ['AGENTCTL_REDIS_URL', 'REDIS_URL'].find((name) => env[name])
  const host = ['REDIS_HOST', 'REDIS_PORT'].find((name) => env[name] && !env[name].startsWith('tcp://'))
  if (url !== undefined && host !== undefined) remarks.push(beats(url, host))
  if (env.NO_COLOR && env.FORCE_COLOR) remarks.push(beats('FORCE_COLOR', 'NO_COLOR'))
  return remarks
}

function beats(first: string, weaker: string): Remark {
  return warn(
    `${first} and ${weaker} are both set, and differ`,
    `${first} is used, ${weaker} has no effect.`,
    `\`unset ${weaker}\`, or \`unset ${first}\` if the other one is meant`,
  )
}

function misspelt(env: Env, known: readonly string[]): Remark[] {
  const isKnown = (name: string) => known.includes(name) || known.includes(name.replace(/_FILE$/, ''))
  const unknown = Object.keys(env).filter(
    (name) => name.startsWith('AGENTCTL_') && env[name] && !isKnown(name) && !OWN.test(name),
  )
  return unknown.map((name) => {
    const near = nearWords(name, known)[0]
    if (near === undefined)
      return info(`${name} is set, and means nothing to this version`, '', `\`unset ${name}\``)
    return warn(
      `${name} is set, and is no setting`,
      'It has no effect.',
      `Did you mean ${near}? See \`agentctl config\``,
    )
  })
}

export const context: Check = {
  name: 'context',
  area: 'settings',
  title: 'the contexts',
  run({ contextName, contextTrouble }) {
    if (contextTrouble)
      return [fail(contextTrouble.what, 'No command that uses contexts works.', contextTrouble.fix)]
    const remarks: Remark[] = []
    const count = Object.keys(readContexts().contexts).length
    if (contextName !== null)
      remarks.push(
        info(
          `The context ${contextName} is in use`,
          'Redis and services are looked at there; the rest is about this machine.',
          '`agentctl doctor --context local` looks at what runs here',
        ),
      )
    if (isOpenToOthers())
      remarks.push(
        warn(
          `${contextsPath()} can be read by others`,
          'It may hold passwords.',
          `\`chmod 600 ${shellWord(contextsPath())}\``,
        ),
      )
    return remarks.length > 0 || count === 0
      ? remarks
      : [ok(`${count} ${count === 1 ? 'context' : 'contexts'}, none in use`)]
  },
}
