import { type CommandLine, type FlagLine, type Source, sourceOfArg, sourceOfFlag } from './line.ts'

/** Topics that commands are grouped under, with what they are about. */
export type Topics = Readonly<Record<string, string>>

/**
 * A script that completes commands, flags and values in fish. What a line is about is decided by its words up to the first flag:
 * the longest command that they begin with.
 * @see https://fishshell.com/docs/current/completions.html
 */
export function fishScript(bin: string, commands: readonly CommandLine[], topics: Topics): string {
  const sorted = commands.toSorted((a, b) => a.id.localeCompare(b.id))
  const f = functionsOf(bin)
  return [
    `# Completion of ${bin} for fish; made by \`${bin} autocomplete fish\`.`,
    preamble(bin, f, sorted),
    ...words(bin, f, sorted, topics),
    ...sorted.flatMap((command) => ofCommand(bin, f, command)),
    '',
  ].join('\n')
}

const functionsOf = (bin: string) => {
  const name = bin.replace(/\W/g, '_')
  return { list: `__${name}_commands`, words: `__${name}_words`, at: `__${name}_at`, of: `__${name}_of` }
}
type Functions = ReturnType<typeof functionsOf>

function preamble(bin: string, { list, words, at, of }: Functions, commands: readonly CommandLine[]): string {
  return `set -g ${list} ${commands.map(({ id }) => quote(spaced(id))).join(' ')}

function ${words} -d 'The words before the cursor, up to the first flag'
    set -l line (commandline -opc)
    set -e line[1]
    for word in $line
        string match -q -- '-*' $word; and break
        echo -- $word
    end
end

function ${at} -d 'Whether the line has exactly these words'
    set -l line (${words})
    test "$line" = "$argv"
end

function ${of} -d 'Whether this is the command of the line'
    set -l line (${words})
    for n in (seq (count $line) -1 1)
        set -l id "$line[1..$n]"
        if contains -- $id $${list}
            test $id = "$argv"
            return
        end
    end
    return 1
end

complete -c ${bin} -f`
}

/** The words that may follow each beginning of a command. */
function words(bin: string, { at }: Functions, commands: readonly CommandLine[], topics: Topics): string[] {
  const seen = new Map<string, string>()
  for (const { id, summary } of commands) {
    const parts = id.split(':')
    for (let n = 1; n <= parts.length; n++) {
      const path = parts.slice(0, n).join(':')
      const text = n === parts.length ? summary : (topics[path] ?? '')
      // A topic that is a command, too, is described as what it has below it.
      seen.set(path, topics[path] ?? (seen.get(path) || text))
    }
  }
  return [...seen].map(([path, text]) => {
    const parts = path.split(':')
    const [before, word] = [parts.slice(0, -1).join(' '), parts.at(-1) ?? '']
    return `complete -c ${bin} -n ${quote(`${at} ${before}`.trim())} -a ${quote(word)} -d ${quote(firstSentence(text))}`
  })
}

function ofCommand(bin: string, { of }: Functions, { id, args, flags }: CommandLine): string[] {
  const condition = `-n ${quote(`${of} ${spaced(id)}`)}`
  const lines = flags.flatMap((flag) =>
    ofFlag(flag).map((words) => `complete -c ${bin} ${condition} ${words}`),
  )
  const sources = args.map((arg) => sourceOfArg(id, arg)).filter((source) => source !== undefined)
  const unique = [...new Map(sources.map((source) => [JSON.stringify(source), source])).values()]
  return [
    ...lines,
    ...unique.map((source) => `complete -c ${bin} ${condition} ${valuesOf(bin, source, true)}`),
  ]

  function ofFlag(flag: FlagLine): string[] {
    const { name, char, description, takesValue, canBeOff } = flag
    const short = char === undefined ? '' : ` -s ${char}`
    const source = takesValue ? sourceOfFlag(flag) : undefined
    const value = !takesValue ? '' : source === undefined ? ' -x' : ` -r ${valuesOf(bin, source, false)}`
    const text = ` -d ${quote(firstSentence(description))}`
    const off = canBeOff ? [`-l no-${name} -d ${quote(`Not: ${firstSentence(description)}`)}`] : []
    return [`-l ${name}${short}${value}${text}`, ...off]
  }
}

function valuesOf(bin: string, source: Source, isArg: boolean): string {
  // Of files fish knows by itself; elsewhere it must not offer them.
  if (source.kind === 'files') return '-F'
  const list = source.kind === 'words' ? source.words.join(' ') : `(${bin} ${source.args} 2>/dev/null)`
  return `${isArg ? '' : '-f '}-a ${quote(list)}`
}

function spaced(id: string): string {
  return id.replaceAll(':', ' ')
}

/** The beginning of a text, without what the environment and defaults add to it; on one line. */
function firstSentence(text: string): string {
  const [first = ''] = text.replace(/<%.*?%>/g, '').split('\n')
  return first.replace(/ \[(env|default):.*$/, '').trim()
}

/** In single quotes fish leaves all but these two as it is. */
function quote(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}
