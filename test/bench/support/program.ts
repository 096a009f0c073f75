import { execa } from 'execa'
import { sleep } from './clock.ts'

/** A server of the benchmark that runs as a program of its own. */
export interface Program {
  url: string
  stop(): Promise<void>
}

/** Runs a program of Node's; resolves when `probe` at its URL answers. */
export async function startProgram(
  args: string[],
  env: Record<string, string>,
  url: string,
  probe: string,
): Promise<Program> {
  const child = execa(process.execPath, args, {
    env,
    stdout: 'ignore',
    stderr: 'inherit',
    reject: false,
    cleanup: true,
    forceKillAfterDelay: 5_000,
  })
  await answers(child, `${url}${probe}`)
  return {
    url,
    async stop() {
      child.kill('SIGTERM')
      await child
    },
  }
}

async function answers(child: PromiseLike<unknown>, url: string): Promise<void> {
  let ended = false
  void child.then(() => {
    ended = true
  })
  for (let left = 300; left > 0 && !ended; left--) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    )
    if (ok) return
    await sleep(100)
  }
  throw new Error(`${url} does not answer`)
}
