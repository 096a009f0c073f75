// One of the threads that make load: started by threads.ts, it writes what it counts to its board.
import { parentPort, workerData } from 'node:worker_threads'
import type { LoadPlan } from '../plan.ts'
import type { OpenScenario } from '../scenario.ts'
import { scenarioOf } from '../scenarios.ts'
import { boardOn, ticketsOn } from './board.ts'
import { createCauses } from './causes.ts'
import { generate } from './generate.ts'
import { type FromThread, pack, sharedNow, type ThreadData, type ToThread } from './protocol.ts'
import { shareOf } from './share.ts'
import { watchStrain } from './strain.ts'

/** Milliseconds for a scenario to end what is under way. */
const CLOSE = 2_000
/** Milliseconds between two messages with causes. */
const TELL = 250

const data = workerData as ThreadData
const { plan, headers, thread } = data
const tell = (message: FromThread): void => parentPort?.postMessage(message)

try {
  const scenario = await openScenario()
  let stop = (): void => {}
  parentPort?.on('message', (message: ToThread) => {
    if (message.kind === 'stop') stop()
    else stop = run(scenario, message.at)
  })
  tell({ kind: 'ready' })
} catch (error) {
  tell({ kind: 'refused', error: pack(error) })
}

async function openScenario(): Promise<OpenScenario> {
  const { target, options, seed, timeout } = plan
  const scenario = await scenarioOf(plan.scenario)
  return await scenario.open({
    target,
    options,
    seed,
    timeout,
    headers,
    connections: connectionsOf(plan.load),
  })
}

/** An open loop without a limit opens as many as it needs. */
function connectionsOf({ concurrency }: LoadPlan['load']): number {
  return concurrency === null ? Number.POSITIVE_INFINITY : shareOf(concurrency, thread, plan.threads)
}

/** @returns how to end it early */
function run(scenario: OpenScenario, at: number): () => void {
  const startAt = performance.now() + at - sharedNow()
  const board = boardOn(data.board, data.names)
  const causes = createCauses()
  const strain = watchStrain(startAt + plan.warmup)
  const telling = tellCauses(() => board.failed.get(), causes.list)
  const { ended, stop } = generate({
    plan,
    scenario,
    board,
    causes,
    thread,
    startAt,
    tickets: ticketsOn(data.tickets),
  })
  void ended.then(async () => {
    clearInterval(telling)
    const report = { ...strain.report(), causes: causes.list() }
    await Promise.race([scenario.close(), new Promise((resolve) => setTimeout(resolve, CLOSE))])
    tell({ kind: 'done', report })
  })
  return stop
}

function tellCauses(failed: () => number, list: ReturnType<typeof createCauses>['list']): NodeJS.Timeout {
  let told = 0
  return setInterval(() => {
    const now = failed()
    if (now === told) return
    told = now
    tell({ kind: 'causes', causes: list() })
  }, TELL)
}
