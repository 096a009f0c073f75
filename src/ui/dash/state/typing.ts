/** A text without its last character, as people see characters. */
export function withoutLast(text: string): string {
  const last = [...new Intl.Segmenter().segment(text)].at(-1)
  return last ? text.slice(0, last.index) : ''
}
