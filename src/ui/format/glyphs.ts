/** What is drawn with. */
export interface Glyphs {
  /** From nothing to the highest. */
  readonly levels: string
  readonly full: string
  readonly empty: string
  readonly bullet: string
  readonly ellipsis: string
}

export const UNICODE: Glyphs = { levels: '▁▂▃▄▅▆▇█', full: '█', empty: '░', bullet: '●', ellipsis: '…' }

/** For terminals that cannot show more. */
export const ASCII: Glyphs = { levels: '_.,-=+*#', full: '#', empty: '.', bullet: '*', ellipsis: '~' }

/**
 * By the locale, as C programs see it: the first of LC_ALL, LC_CTYPE and LANG that is set decides. Where none is, as in most
 * containers, UTF-8 is assumed, except on the console of Linux, whose font has no blocks.
 */
export function glyphsOf(env: Readonly<Record<string, string | undefined>>): Glyphs {
  if (env.TERM === 'linux') return ASCII
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG
  return locale === undefined || locale === '' || /utf-?8/i.test(locale) ? UNICODE : ASCII
}

/** Of the terminal this process runs in. */
export const GLYPHS = glyphsOf(process.env)
