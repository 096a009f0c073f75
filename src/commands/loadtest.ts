import { Args } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { loadFlags, resultFlags } from '../cli/loadtest/load-flags.ts'
import { scenarioFlags } from '../cli/loadtest/scenario-flags.ts'
import { gatewayOnly } from '../cli/rag/rag-flags.ts'

export default class Loadtest extends BaseCommand {
  static override summary = 'Load a gateway, or any URL, and measure how it answers'
  static override description =
    'Scenarios: query (questions to the documents), chat (streamed answers), eval (programs, until they have ended), events, and url. ' +
    'Without --rate, a number of clients each send their next request when their last one has ended. ' +
    'With --rate, requests are sent when they are due, and latency counts from then, so that a server that stalls cannot hide it. ' +
    'The exit code is 99 when a threshold does not hold or a comparison is worse, and 1 when nothing has succeeded.'
  static override examples = [
    '<%= config.bin %> loadtest --concurrency 50',
    '<%= config.bin %> loadtest query --rate 20 --duration 30s --warmup 5s',
    "<%= config.bin %> loadtest chat -c 100 --threshold 'first_token.p95<1s' 'errors<1%'",
    '<%= config.bin %> loadtest events --rate 500 --arrivals poisson --consume --out before.json',
    '<%= config.bin %> loadtest events --rate 500 --arrivals poisson --consume --compare before.json',
    '<%= config.bin %> loadtest http://localhost:3000/ --rate 200 --html report.html',
  ]
  static override args = {
    scenario: Args.string({ description: 'query, chat, eval, events or url [default: query]' }),
    url: Args.string({ description: 'What to load [default: the gateway]' }),
  }
  static override flags = { ...flagsOf(gatewayOnly), ...loadFlags, ...scenarioFlags, ...resultFlags }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Loadtest)
    const { loadtestCommand } = await import('../cli/loadtest/loadtest-command.ts')
    return loadtestCommand(args, flags, {
      json: this.jsonEnabled(),
      print: (line) => this.print(line),
      say: (line) => this.say(line),
    })
  }
}
