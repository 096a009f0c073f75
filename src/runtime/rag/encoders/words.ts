/** Words that say little about what a text is about. */
const COMMON = new Set(
  (
    'a an and any are as at be been being both but by can could did do does doing done each for from get gets give given gives ' +
    'had has have having he her here him his how i if in into is it its itself just let like made make makes many may me ' +
    'might more most much must my need needs no nor not of off on one once only or other our out over own per please same she should ' +
    'since so some still such tell than that the their them then there these they this those through to too under until up ' +
    'upon us use used uses using very want was way we were what when where which while who whom whose why will with within ' +
    'without would yet you your about after again all also always am because before below between down during every ever ' +
    'explain describe show mean means happen happens work works'
  ).split(' '),
)

export interface Word {
  /** Without accents, in lower case, its ending taken off. */
  stem: string
  common: boolean
}

/**
 * The words of a text. Case, accents and the compatibility forms of Unicode make no difference; names such as `REDIS_URL` or
 * `chatStream` are taken as their parts; scripts without spaces between words are cut by the rules of Unicode.
 */
export function wordsOf(text: string): Word[] {
  const plain = text
    .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
  return (plain.match(/[\p{L}\p{N}]+/gu) ?? []).flatMap(split).map((word) => ({
    stem: stem(word),
    common: COMMON.has(word),
  }))
}

const VERBS = new Set(['is', 'are'])
const ARTICLES = new Set(['a', 'an', 'the', 'one'])
const ASKING = new Set(['what', 'who'])
/** Words between the verb and what is asked about: "what is a consumer group". */
const REACH = 3

/**
 * What a text explains or asks to have explained: of "What is a lease?" as of "A lease is the right to …" it is `lease`. So a
 * question for the meaning of a word finds where it is explained, and not where it occurs most.
 */
export function explainedIn(words: readonly Word[]): string[] {
  return words.flatMap(({ stem }, i) => {
    if (!VERBS.has(stem)) return []
    const before = words[i - 1]
    if (before && ASKING.has(before.stem)) {
      const asked = words.slice(i + 1, i + 1 + REACH).find(({ common }) => !common)
      return asked ? [asked.stem] : []
    }
    return before && !before.common && ARTICLES.has(words[i + 1]?.stem ?? '') ? [before.stem] : []
  })
}

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u
const segmenter = new Intl.Segmenter('und', { granularity: 'word' })

function split(run: string): string[] {
  if (!UNSPACED.test(run)) return [run]
  return [...segmenter.segment(run)].map(({ segment }) => segment)
}

/** Takes English endings off, so that `caches`, `cached` and `caching` meet `cache`; never leaves fewer than four letters. */
function stem(word: string): string {
  if (word.length < 5 || !/^[a-z]+$/.test(word)) return word
  for (const [ending, instead] of ENDINGS) {
    if (!ending.test(word)) continue
    const rest = word.replace(ending, instead)
    return rest.length >= 4 ? withoutE(rest) : word
  }
  return withoutE(word)
}

const withoutE = (word: string) => (word.length >= 5 ? word.replace(/e$/, '') : word)

const ENDINGS: readonly [RegExp, string][] = [
  [/(?:ies|ied)$/, 'y'],
  [/(?<=ss|sh|ch|x|zz)es$/, ''],
  [/(?<![su])s$/, ''],
  [/(?:ations?|ating|ated|ates)$/, 'ate'],
  [/([bdgklmnprt])\1(?:ing|ed)$/, '$1'],
  [/(?:ing|ed|er|ers)$/, ''],
  [/ly$/, ''],
]
