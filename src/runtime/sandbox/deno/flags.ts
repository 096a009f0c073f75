import type { Language, Limits } from '../messages.ts'

const MIB = 1024 * 1024

/**
 * What Deno is started with. Nothing is allowed but to read the given paths; nothing is ever fetched, asked for, configured,
 * or kept: where the cache would be is no folder, which also leaves `localStorage` and `caches` without a place.
 */
export function denoArguments(script: string, readable: readonly string[], v8: readonly string[]): string[] {
  return [
    'run',
    '--quiet',
    '--no-prompt',
    '--no-config',
    '--no-lock',
    '--no-remote',
    '--no-npm',
    '--cached-only',
    '--no-check',
    '--deny-import',
    '--deny-net',
    '--deny-write',
    '--deny-env',
    '--deny-run',
    '--deny-ffi',
    '--deny-sys',
    ...(readable.length === 0 ? ['--deny-read'] : [`--allow-read=${readable.join(',')}`]),
    ...(v8.length === 0 ? [] : [`--v8-flags=${v8.join(',')}`]),
    script,
  ]
}

export const denoEnvironment: Readonly<Record<string, string>> = {
  DENO_DIR: '/dev/null',
  TMPDIR: '/dev/null',
  HOME: '/nonexistent',
  // No permission guards graphics: any program could load the machine's drivers and use memory that nobody counts.
  DENO_WEBGPU_BACKEND: 'none',
  DENO_NO_UPDATE_CHECK: '1',
  DENO_NO_PACKAGE_JSON: '1',
  NO_COLOR: '1',
  LANG: 'C.UTF-8',
  TZ: 'UTC',
}

/**
 * Bytes that a program may grow by, counted from when its runtime was ready: its own share, and what the runtime takes on
 * the way (code that it compiles, pages of itself that it reads).
 */
export function memoryAllowance(language: Language, { memory_mb }: Limits): number {
  return (memory_mb + (language === 'python' ? 16 : 24)) * MIB
}

/** First line of defence: the heap of V8 ends with a message of its own. Typed arrays and Python are not part of it. */
export function heapFlags(language: Language, { memory_mb }: Limits): string[] {
  return language === 'python' ? [] : [`--max-old-space-size=${memory_mb}`]
}

/**
 * Last line of defence, which the kernel holds even where the watcher comes too late: writable memory, including about
 * 560 MB that V8 reserves and does not use, and what Pyodide has of it once it is loaded.
 */
export function dataLimit(language: Language, { memory_mb }: Limits): number {
  return ((language === 'python' ? 900 : 720) + 2 * memory_mb) * MIB
}
