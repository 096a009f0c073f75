import type { Language } from '../../../src/runtime/sandbox/index.ts'

/** The smallest program of each language. */
export const HELLO: Readonly<Record<Language, string>> = {
  python: 'print("Hello")',
  javascript: 'console.log("Hello")',
  typescript: 'const text: string = "Hello"\nconsole.log(text)',
}
