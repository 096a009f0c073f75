/** A share from 0 to 1 as a bar of so many characters. */
export function bar(share: number, width: number): string {
  const full = Math.round(share * width)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}
