import { Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { DEFAULT_ROLES } from '../cli/default-roles.ts'
import { flagsOf } from '../cli/flags.ts'
import { serveSettings } from '../cli/serve-settings.ts'

export default class Serve extends BaseCommand {
  static override summary =
    'Run the whole backend on this machine, with Redis and PostgreSQL of its own unless they are given'
  static override description =
    'Starts the roles as child processes, restarts those that crash, and stops them all with Ctrl-C. ' +
    'Nothing it starts outlives it. `ps`, `scale`, `restart`, `logs` and `down` talk to it from another terminal.'
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --handler ./agent.ts --roles gateway=1,worker=4',
    '<%= config.bin %> serve --autoscale worker=1..8,rag=1..4',
    '<%= config.bin %> serve --ui',
    'REDIS_URL=redis://localhost:6379 <%= config.bin %> serve --detach',
  ]
  static override flags = {
    ...flagsOf(serveSettings),
    roles: Flags.string({
      description: `Roles to run, with their replicas; "rag" has all stages of the pipeline in one process, "encoder", "retriever" and "generator" one each; "eval" is the worker of evaluations [default: ${DEFAULT_ROLES}, and docker-proxy where Docker answers]`,
      helpValue: '<role=n,role=n>',
    }),
    ephemeral: Flags.boolean({
      description: 'Keep no data: the embedded Redis starts empty and writes nothing to disk',
    }),
    detach: Flags.boolean({
      description: 'Go on in the background; stop it with `agentctl down`',
      char: 'd',
    }),
    ui: Flags.boolean({
      description: 'Show the dashboard instead of log lines; closing it stops everything, as Ctrl-C does',
    }),
  }

  override async run(): Promise<unknown> {
    const { flags } = await this.parse(Serve)
    const { runServe } = await import('../cli/run-serve.ts')
    const result = await runServe(flags, {
      json: this.jsonEnabled(),
      argv: this.argv,
      say: (text) => this.say(text),
    })
    if (result.exitCode !== 0) this.exit(result.exitCode)
    return result.status
  }
}
