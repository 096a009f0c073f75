import { loadtestError } from '../../runtime/loadtest/errors.ts'

const NAME = /^[\w!#$%&'*+.^`|~-]+$/
/** The client's own. */
const RESERVED = ['connection', 'content-length', 'transfer-encoding', 'expect', 'upgrade']

/**
 * Headers as they are given: `NAME: VALUE`. `${NAME}` in a value stands for an environment variable, so that secrets need not
 * be on the command line.
 * @throws AgentctlError LOADTEST_OPTION_INVALID; it never shows the value
 */
export function headersOf(
  texts: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(texts.map((text) => headerOf(text, env)))
}

function headerOf(text: string, env: Readonly<Record<string, string | undefined>>): [string, string] {
  const colon = text.indexOf(':')
  const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase()
  if (colon < 0 || !NAME.test(name)) throw invalid("expected 'NAME: VALUE'")
  if (RESERVED.includes(name)) throw invalid(`${name} is set by the load tester itself`)
  const value = text
    .slice(colon + 1)
    .trim()
    .replace(/\$\{(\w+)\}/g, (_, variable: string) => {
      const found = env[variable]
      if (found !== undefined && found !== '') return found
      throw invalid(`${name}: the environment variable ${variable} is not set`)
    })
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value))
    throw invalid(`${name}: the value has characters that no header may have`)
  return [name, value]
}

const invalid = (why: string) =>
  loadtestError('LOADTEST_OPTION_INVALID', `--header: ${why}`, {
    field: 'header',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is to be typed so
    fix: "Give it as --header 'Authorization: Bearer ${TOKEN}'.",
  })
