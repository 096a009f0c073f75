/** A mistake in the command line. */
export class UsageError extends Error {}

/**
 * Runs a benchmark and sets the exit code: 0 when it was measured and its results were right, 1 when not,
 * 2 when it was called wrongly. Being slow is no failure: that depends on the machine.
 */
export async function main(benchmark: (args: string[]) => Promise<boolean>): Promise<void> {
  process.once('disconnect', () => process.exit(1)) // `npm run bench` was killed
  process.channel?.unref()
  try {
    process.exitCode = (await benchmark(process.argv.slice(2))) ? 0 : 1
  } catch (error) {
    process.exitCode = error instanceof UsageError ? 2 : 1
    process.stderr.write(`${error instanceof UsageError ? error.message : (error as Error).stack}\n`)
  }
}

/** Reads a whole number of at least one. */
export function count(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1) return value
  throw new UsageError(`--${name} takes a whole number of at least 1, not "${text}"`)
}
