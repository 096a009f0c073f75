import { Command, Errors, type Interfaces } from '@oclif/core'
import { chalkStderr as chalk } from 'chalk'
import { AgentctlError, EXIT_OF, toProblem } from '../runtime/kernel/index.ts'

/** What every command shares: --json, errors that say what to do, and exit codes that mean something. */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true

  /** Arguments come from the command line alone: in a shell loop, what is on stdin belongs to others. */
  protected override parse<
    F extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    B extends Interfaces.OutputFlags<Interfaces.FlagInput>,
    A extends Interfaces.OutputArgs<Interfaces.ArgInput>,
  >(options: Interfaces.Input<F, B, A> = this.ctor as Interfaces.Input<F, B, A>, argv = this.argv) {
    for (const arg of Object.values(options.args ?? {})) Object.assign(arg as object, { ignoreStdin: true })
    return super.parse<F, B, A>(options, argv)
  }

  /** For people; data goes to stdout by `this.log` or `print`. */
  protected say(text: string): void {
    process.stderr.write(`${text}\n`)
  }

  /** One line of data, flushed before the next is made, so that `| head` and slow readers are respected. */
  protected async print(line: string): Promise<void> {
    if (!process.stdout.write(`${line}\n`))
      await new Promise((drained) => process.stdout.once('drain', drained))
  }

  protected override async catch(
    error: Error & { exitCode?: number; oclif?: { exit?: number } },
  ): Promise<void> {
    if (error instanceof Errors.ExitError) throw error
    if (isAbort(error)) return this.exit(Number(process.exitCode ?? EXIT_OF.SIGINT))
    const exit = error instanceof AgentctlError ? error.exitCode : (error.oclif?.exit ?? 1)
    // Wrong flags and arguments are oclif's to describe.
    const usage = error.oclif !== undefined && !(error instanceof AgentctlError)
    if (this.jsonEnabled())
      process.stdout.write(`${JSON.stringify({ error: usage ? usageProblem(error) : toProblem(error) })}\n`)
    else this.say(usage ? describeUsage(error, this.id) : describe(error))
    this.exit(exit)
  }
}

function isAbort(error: Error): boolean {
  return error.name === 'AbortError'
}

function describe(error: Error): string {
  if (!(error instanceof AgentctlError)) return `${chalk.red('Error:')} ${error.stack ?? error.message}`
  const fix = error.fix === '' ? '' : `\n${chalk.dim('  Fix:')}  ${error.fix}`
  return `${chalk.red('Error:')} ${error.title}: ${error.message}${fix}\n${chalk.dim(`  Code: ${error.code}`)}`
}

function describeUsage(error: Error, id: string | undefined): string {
  const text = error.message.replace(/\nSee more help with --help$/, '').replace(/\s*\n\t/g, ': ')
  return `${chalk.red('Error:')} ${text}\n${chalk.dim('  Fix:')}  see \`agentctl ${(id ?? '').replaceAll(':', ' ')} --help\``
}

function usageProblem(error: Error) {
  return { code: 'USAGE', title: 'The command line cannot be understood', detail: error.message, status: 400 }
}
