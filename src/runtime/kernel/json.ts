/**
 * A value from JSON that a person has written.
 * @throws SyntaxError without the piece of the text that the engine would quote: it may be a password
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const { message } = cause as SyntaxError
    throw new SyntaxError(`no valid JSON: ${message.replace(/, (\.{3})?".*is not valid JSON$/s, '')}`)
  }
}
