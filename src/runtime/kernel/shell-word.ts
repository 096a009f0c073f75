/** A word as a shell takes it for one: names of others, put into a command that is there to be typed, must not be commands themselves. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
