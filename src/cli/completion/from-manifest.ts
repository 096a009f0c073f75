import type { Command, Config } from '@oclif/core'
import type { Topics } from './fish.ts'
import type { CommandLine, FlagLine } from './line.ts'

type Manifest = Pick<Config, 'commands' | 'topics'>
type Loadable = Manifest['commands'][number]

/** What oclif knows of every command that is not hidden, without loading any. */
export function commandsOf({ commands }: Pick<Manifest, 'commands'>): CommandLine[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .map(({ id, summary, description, args, flags }) => ({
      id,
      summary: summary ?? description ?? '',
      args: Object.values(args ?? {}).map(({ name, description: text, options }) => ({
        name,
        description: text ?? '',
        options,
      })),
      flags: Object.values(flags ?? {})
        .filter((flag) => !flag.hidden)
        .map(toFlag),
    }))
}

function toFlag(flag: Loadable['flags'][string]): FlagLine {
  const { name, char, type, summary, description } = flag
  const option =
    type === 'option' ? (flag as Command.Flag.Cached & { helpValue?: string; options?: string[] }) : undefined
  return {
    name,
    char,
    description: summary ?? description ?? '',
    takesValue: type === 'option',
    placeholder: Array.isArray(option?.helpValue) ? option.helpValue.join('|') : option?.helpValue,
    options: option?.options,
    canBeOff: type === 'boolean' && (flag as { allowNo?: boolean }).allowNo === true,
  }
}

export function topicsOf({ topics }: Pick<Manifest, 'topics'>): Topics {
  return Object.fromEntries(topics.map(({ name, description }) => [name, description ?? '']))
}
