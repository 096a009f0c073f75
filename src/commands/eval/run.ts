import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { gatewayOnly } from '../../cli/rag/rag-flags.ts'
import { durationFlag } from '../../cli/streams/stream-flags.ts'

export default class EvalRun extends BaseCommand {
  static override summary = 'Run a program in a sandbox, and show what it writes'
  static override description =
    'The exit code is that of the program; 124 after a limit of time, 137 after one of memory, 69 when nothing could run it. ' +
    'Ctrl-C cancels it. Arguments of the program follow after --.'
  static override examples = [
    '<%= config.bin %> eval run hello.py',
    '<%= config.bin %> eval run job.ts --timeout 30s --memory 256 -- first second',
    `echo 'print(input())' | <%= config.bin %> eval run - --stdin data.txt`,
    '<%= config.bin %> eval run hello.py --detach',
  ]
  static override usage = 'eval run FILE [FLAGS] [-- ARGUMENTS]'
  static override strict = false
  static override args = {
    file: Args.string({ description: 'File with the program, or - for stdin', required: true }),
  }
  static override flags = {
    ...flagsOf(gatewayOnly),
    language: Flags.string({
      description: 'python, javascript or typescript [default: what the ending of the file tells]',
      char: 'l',
    }),
    stdin: Flags.string({
      description: 'File that the program reads on its stdin, - for stdin itself',
      helpValue: '<file>',
    }),
    timeout: durationFlag({ description: 'How long it may take [default: 10s, at most 1m]' }),
    cpu: durationFlag({ description: 'How much time of a processor it may use [default: 5s, at most 30s]' }),
    memory: Flags.integer({ description: 'MiB of memory it may use [default: 128, at most 512]', min: 1 }),
    'output-limit': Flags.integer({
      description: 'Bytes it may write to stdout, and to stderr [default: 65536, at most 1048576]',
      min: 1,
    }),
    pids: Flags.integer({
      description: 'Processes and threads it may have [default: 64, at most 256]',
      min: 1,
    }),
    priority: Flags.option({ options: ['high', 'normal'] as const })({
      description: 'Lane of the queue; high goes first [default: normal]',
    }),
    detach: Flags.boolean({ description: 'Print the id and do not wait', char: 'd' }),
  }

  override async run(): Promise<unknown> {
    const { args, argv, flags } = await this.parse(EvalRun)
    const { languageOf, readProgramAndInput } = await import('../../cli/eval/program-file.ts')
    const { runProgram, submitProgram } = await import('../../cli/eval/run-eval.ts')
    const { submissionOf } = await import('../../cli/eval/submission.ts')
    const { exitCodeOf } = await import('../../cli/eval/exit-code.ts')
    const { outputOf } = await import('../../cli/eval/program-output.ts')
    const { interrupted } = await import('../../cli/interrupted.ts')
    const { withGateway } = await import('../../cli/eval/with-gateway.ts')

    const program = {
      language: languageOf(args.file, flags.language),
      ...(await readProgramAndInput(args.file, flags.stdin)),
      args: (argv as string[]).slice(1),
    }
    const say = (text: string) => this.say(text)
    const onRetry = (why: string) => say(`Connection lost (${why}), trying again …`)
    const submitted = submissionOf(program, flags)
    // It ends with the evaluation, which Ctrl-C cancels.
    const connection = { signal: new AbortController().signal, onRetry }
    return withGateway(flags, connection, async (client) => {
      if (flags.detach) {
        const accepted = await submitProgram(client, submitted)
        if (!this.jsonEnabled()) this.log(accepted.eval_id)
        return accepted
      }
      const end = await runProgram(client, submitted, interrupted(), outputOf(this.jsonEnabled(), say))
      process.exitCode = exitCodeOf(end)
      return end
    })
  }
}
