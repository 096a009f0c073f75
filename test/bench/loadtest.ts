/**
 * The load tester: whether it tells the truth about a server that stalls, and what a request costs it, beside others.
 *
 * Everything runs on loopback, each server and each tester in a process of its own. The truth is computed from the
 * schedule of the stalls alone. The tools of the comparison that are no packages (wrk, hey) take part when they are
 * on the PATH, or where BENCH_WRK and BENCH_HEY say.
 */
import { parseOptions, USAGE } from './loadtest/options.ts'
import { report } from './loadtest/report.ts'
import { measureSpeed } from './loadtest/speed.ts'
import { measureTruth } from './loadtest/truth.ts'
import { machine } from './support/machine.ts'
import { main } from './support/main.ts'

await main(async (args) => {
  const { help, json, only, seconds, repeats, connections } = parseOptions(args)
  if (help) {
    process.stdout.write(USAGE)
    return true
  }
  const say = (text: string) => process.stderr.write(`${text}\n`)
  const truth = only === 'speed' ? undefined : await measureTruth(say)
  const speed = only === 'truth' ? undefined : await measureSpeed({ seconds, repeats, connections, say })
  const result = { machine: machine(), connections, truth, speed }
  process.stdout.write(
    json ? `${JSON.stringify({ benchmark: 'loadtest', ...result }, null, 2)}\n` : report(result),
  )
  return true
})
