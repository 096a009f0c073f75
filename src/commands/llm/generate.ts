import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { flagsOf } from '../../cli/flags.ts'
import { llmClient } from '../../cli/llm/llm-flags.ts'
import { durationFlag } from '../../cli/streams/stream-flags.ts'

export default class LlmGenerate extends BaseCommand {
  static override summary = 'Let a model generate a text'
  static override description = 'The text goes to stdout, what it took to stderr.'
  static override examples = [
    '<%= config.bin %> llm generate "Explain loyalty programs benefits"',
    'git diff | <%= config.bin %> llm generate - --system "Write a commit message."',
    '<%= config.bin %> llm generate "Name a colour" --provider openai --temperature 1 --no-cache --json',
  ]
  static override args = {
    prompt: Args.string({ description: 'What to answer, or - to read it from stdin', required: true }),
  }
  static override flags = {
    ...flagsOf(llmClient),
    provider: Flags.string({ description: 'Provider to ask' }),
    model: Flags.string({ description: 'Model of that provider' }),
    system: Flags.string({ description: 'How to answer' }),
    'max-tokens': Flags.integer({ description: 'Length of the answer, at most [default: 1000]', min: 1 }),
    temperature: Flags.string({ description: 'From 0, always the same, to 2', helpValue: '<number>' }),
    timeout: durationFlag({ description: 'How long to wait for the answer, at most' }),
    stream: Flags.boolean({
      description: 'Show the text as it comes (default: on a terminal)',
      allowNo: true,
    }),
    cache: Flags.boolean({ description: 'Take what is in the cache', default: true, allowNo: true }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(LlmGenerate)
    const { promptOf, requestOf, runGenerate } = await import('../../cli/llm/run-generate.ts')
    const { withService } = await import('../../cli/llm/with-service.ts')
    const request = requestOf(await promptOf(args.prompt), flags)
    const json = this.jsonEnabled()
    const output = {
      write: (text: string) => void process.stdout.write(text),
      say: (text: string) => this.say(text),
    }
    return withService(flags, (client) => {
      if (json) return client.generate(request)
      return runGenerate(client, request, flags.stream ?? process.stdout.isTTY === true, output)
    })
  }
}
