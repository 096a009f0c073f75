const PROGRAMS = [
  { language: 'python', code: 'print(sum(range(1000)))' },
  { language: 'javascript', code: 'console.log([1, 2, 3].map((n) => n * n).join())' },
  { language: 'typescript', code: 'const n: number = 42\nconsole.log(n)' },
]

/** Evaluates programs of all languages, `concurrency` at a time, until it is told to stop; how many were completed. */
export async function keepEvaluating(
  gateway: string,
  concurrency: number,
  signal: AbortSignal,
): Promise<{ completed: number; failed: number }> {
  const counts = { completed: 0, failed: 0 }
  let next = 0
  const work = async () => {
    while (!signal.aborted) {
      const status = await evaluate(gateway, PROGRAMS[next++ % PROGRAMS.length] as object)
      counts[status === 'completed' ? 'completed' : 'failed'] += 1
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return counts
}

async function evaluate(gateway: string, program: object): Promise<string> {
  const submitted = await fetch(`${gateway}/api/eval`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(program),
  })
  const { status_url: path } = (await submitted.json()) as { status_url: string }
  const answer = await fetch(`${gateway}${path}?wait=60000`)
  return ((await answer.json()) as { status: string }).status
}
