import { startServe } from '../support/serve.ts'

/** Milliseconds from starting `agentctl serve` until its gateway answers 200 to /ready. */
export async function timeReady(runs: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    const serve = await startServe()
    times.push(serve.readyAfter)
    await serve.stop()
  }
  return times
}
