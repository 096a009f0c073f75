export { scanKeys } from '../platform/redis/index.ts'

export function isPattern(text: string): boolean {
  return /[*?[\]]/.test(text)
}
