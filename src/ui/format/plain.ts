/** What text may hold that would steer a terminal, or make it show something else than there is. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]/u

const EACH = new RegExp(UNSAFE.source, 'gu')

/** Characters of one line: more is never seen. */
const LONGEST = 4_096

/** Characters of a text in lines: enough to read, little enough to draw at once. */
const LONGEST_TEXT = 32_768

/**
 * Makes text from data harmless, as one line: control characters become their pictures (ESC is ␛), tabs become spaces, line ends
 * become ␊; what reorders or hides text (bidi controls, invisible characters) goes; halves of surrogate pairs become �. Emoji that are joined of
 * several stay whole. Cut after `longest` characters.
 */
export function plain(text: string, longest = LONGEST): string {
  const line = text.length > longest ? `${text.slice(0, longest)}…` : text
  return UNSAFE.test(line) ? line.replaceAll('\r\n', '\n').replace(EACH, picture) : line
}

/** Lines of a text of any length, each harmless; what is left out is said in a last line. */
export function plainLines(text: string): string[] {
  const shown = text.slice(0, LONGEST_TEXT)
  const lines = shown.split(/\r\n|[\n\r\u2028\u2029]/u).map((line) => plain(line, LONGEST_TEXT))
  const left = text.length - shown.length
  return left > 0 ? [...lines, `… and ${left} more characters`] : lines
}

function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0
  if (character === '\t') return ' '
  if (code < 0x20) return String.fromCodePoint(0x2400 + code)
  if (code === 0x7f) return '␡'
  if (code < 0xa0 || (code >= 0xd800 && code <= 0xdfff)) return '\ufffd'
  return code === 0x2028 || code === 0x2029 ? '␊' : ''
}
