/** `{3}`, `{3,}`, `{3,5}` and `{,5}`. */
const REPEAT = /\{(\d*)(,?)(\d*)\}/y

/** `[:alpha:]`, which stands within a class. */
const NAMED_CLASS = /\[:\^?\w+:\]/y

/** A class such as \pL has hundreds of ranges; this many instructions take as long to compile. */
const LARGE_CLASS = /\\p/gi
const OF_LARGE_CLASS = 20

/** In any case, a range is compiled character by character; so many of them take as long as an instruction. */
const CHARACTERS_AN_INSTRUCTION = 80

/** Nothing beyond has upper and lower case. */
const LAST_WITH_CASE = 0x1e943

/** A pattern may say by itself that case does not matter: `(?i)`, `(?si:…)`. */
const ANY_CASE = /\(\?\w*i/

/** The end of a range that may be a long one: `\x{10FFFF}`, or a character that is not ASCII. */
const RANGE_END = /-(?:\\x\{([\da-f]+)\}|([^\0-\x7f]))/giu

/**
 * The work of compiling the classes of characters in a pattern, beyond their number, in instructions.
 *
 * @param anyCase the pattern is compiled with the option `i`
 */
export function classWork(pattern: string, anyCase: boolean): number {
  const large = OF_LARGE_CLASS * (pattern.match(LARGE_CLASS)?.length ?? 0)
  if (!anyCase && !ANY_CASE.test(pattern)) return large
  return [...pattern.matchAll(RANGE_END)].reduce((sum, range) => sum + rangeWork(range), large)
}

function rangeWork([, hex, char = '']: RegExpMatchArray): number {
  const end = hex === undefined ? (char.codePointAt(0) ?? 0) : Number.parseInt(hex, 16)
  return Math.ceil(Math.min(end, LAST_WITH_CASE) / CHARACTERS_AN_INSTRUCTION)
}

/**
 * About how many instructions a pattern compiles to, without compiling it: repetitions with a count copy what
 * they repeat, so `(?:a{100}){100}` is 10,000 of them.
 */
export function programSize(pattern: string): number {
  const groups: number[] = []
  let sum = 0
  let atom = 0

  function add(size: number): void {
    atom = size
    sum += size
  }

  for (let at = 0; at < pattern.length; ) {
    const char = pattern[at]
    if (char === '\\') {
      const end = endOfEscape(pattern, at)
      add(pattern[at + 1] === 'Q' ? end - at : 1)
      at = end
    } else if (char === '[') {
      add(1)
      at = endOfClass(pattern, at)
    } else if (char === '{') {
      const copies = copiesAt(pattern, at)
      sum += atom * (copies.count - 1)
      atom *= copies.count
      at = copies.end
    } else {
      at++
      if (char === '(') {
        groups.push(sum)
        sum = 0
      } else if (char === ')') {
        const inner = sum + 2
        sum = groups.pop() ?? 0
        add(inner)
      } else if (char === '*' || char === '+' || char === '?' || char === '|') {
        atom += 1
        sum += 1
      } else add(1)
    }
  }
  return groups.reduce((total, size) => total + size, sum)
}

function copiesAt(pattern: string, at: number): { count: number; end: number } {
  REPEAT.lastIndex = at
  const found = REPEAT.exec(pattern)
  if (found === null) return { count: 2, end: at + 1 } // a brace that is only a brace
  const [text, least = '', comma, most = ''] = found
  const open = comma === ',' && most === '' ? 1 : 0
  return { count: Math.max(Number(least) + open, Number(most), 1), end: at + text.length }
}

function endOfEscape(pattern: string, at: number): number {
  const char = pattern[at + 1] ?? ''
  if (char === 'Q') return after(pattern, '\\E', at + 2)
  if ('pPx'.includes(char) && pattern[at + 2] === '{') return after(pattern, '}', at + 3)
  return at + 2
}

function endOfClass(pattern: string, at: number): number {
  let next = at + 1
  if (pattern[next] === '^') next++
  if (pattern[next] === ']') next++
  while (next < pattern.length && pattern[next] !== ']') {
    NAMED_CLASS.lastIndex = next
    const named = NAMED_CLASS.exec(pattern)
    if (named !== null) next += named[0].length
    else next = pattern[next] === '\\' ? endOfEscape(pattern, next) : next + 1
  }
  return next + 1
}

function after(pattern: string, mark: string, from: number): number {
  const found = pattern.indexOf(mark, from)
  return found === -1 ? pattern.length : found + mark.length
}
