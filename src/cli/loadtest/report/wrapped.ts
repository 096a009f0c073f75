/** Columns that reports keep within, where words allow it. */
const WIDTH = 78

/** A sentence over as many lines as it takes; those after the first are indented as far as `hang`. */
export function wrapped(text: string, hang = ''): string[] {
  const indent = /^\s*(?:- )?/.exec(text)?.[0] ?? ''
  const lines: string[] = []
  let line = indent
  for (const word of text.slice(indent.length).split(' ')) {
    const empty = line.trim() === '' || line === indent
    if (!empty && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = `${hang}${word}`
    } else line += empty ? word : ` ${word}`
  }
  return [...lines, line]
}
