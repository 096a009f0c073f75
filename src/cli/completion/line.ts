/** A command as completion needs it. Ids have their words separated by `:`, as oclif has them. */
export interface CommandLine {
  id: string
  summary: string
  args: readonly { name: string; description: string; options?: readonly string[] | undefined }[]
  flags: readonly FlagLine[]
}

export interface FlagLine {
  name: string
  char?: string | undefined
  description: string
  /** Takes a value. */
  takesValue: boolean
  /** What stands for the value in help texts, such as `<file>`. */
  placeholder?: string | undefined
  options?: readonly string[] | undefined
  /** It can be switched off with `--no-NAME`. */
  canBeOff: boolean
}

/** Where the values of an argument or flag come from. */
export type Source =
  | { kind: 'files' }
  | { kind: 'words'; words: readonly string[] }
  | { kind: 'command'; args: string }

const FILES = /^(file|files|path|folder|dir|program|input|bundle)$/i

/** Names that only the system knows, by argument or flag: the words of agentctl that print them. */
const NAMES: Readonly<Record<string, string>> = {
  context: 'context ls -o name',
  target: 'ps -o name',
  stream: 'stream ls -o name',
}

/** Arguments whose name says too little by itself. */
const OF_COMMAND: Readonly<Record<string, string>> = {
  'context:use name': 'context ls -o name',
  'context:rm name': 'context ls -o name',
  'context:show name': 'context ls -o name',
  'stream:copy from': 'stream ls -o name',
  'stream:copy to': 'stream ls -o name',
  'dlq:show type': 'dlq ls -o name',
  'dlq:retry type': 'dlq ls -o name',
  'dlq:purge type': 'dlq ls -o name',
}

/** What may stand where an address may, too, and so is no list of options. */
const SCENARIOS = ['query', 'chat', 'eval', 'events', 'url']

export function sourceOfArg(
  command: string,
  { name, options }: CommandLine['args'][number],
): Source | undefined {
  if (options && options.length > 0) return { kind: 'words', words: options }
  if (command === 'loadtest' && name === 'scenario') return { kind: 'words', words: SCENARIOS }
  const args = OF_COMMAND[`${command} ${name}`] ?? NAMES[name]
  if (args !== undefined) return { kind: 'command', args }
  return FILES.test(name) ? { kind: 'files' } : undefined
}

export function sourceOfFlag({ name, options, placeholder }: FlagLine): Source | undefined {
  if (options && options.length > 0) return { kind: 'words', words: options }
  if (NAMES[name] !== undefined) return { kind: 'command', args: NAMES[name] }
  const words = (placeholder ?? '').replace(/[<>]/g, '').split('|')
  return words.some((word) => FILES.test(word)) ? { kind: 'files' } : undefined
}
