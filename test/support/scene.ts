import { afterEach } from 'vitest'
import { startServe, type TestServe, type Workplace, workplace } from './program.ts'

/** The folder and the serve of the present test: both are gone when it ends. */
export interface Scene {
  /** Made when it is first needed. */
  readonly place: Workplace
  readonly running: TestServe | undefined
  /** Starts `agentctl serve` with further environment variables. */
  serve(args: readonly string[], env?: Record<string, string>): Promise<TestServe>
}

export function createScene(): Scene {
  let place: Workplace | undefined
  let running: TestServe | undefined

  afterEach(async () => {
    await running?.stop()
    running = undefined
    place?.remove()
    place = undefined
  })

  const here = () => {
    place ??= workplace()
    return place
  }
  return {
    get place() {
      return here()
    },
    get running() {
      return running
    },
    async serve(args, env = {}) {
      Object.assign(here().env, env)
      running = await startServe(here(), ...args)
      return running
    },
  }
}
