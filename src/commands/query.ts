import { Args, Flags } from '@oclif/core'
import { BaseCommand } from '../cli/base-command.ts'
import { flagsOf } from '../cli/flags.ts'
import { gatewayOnly } from '../cli/rag/rag-flags.ts'
import { durationFlag } from '../cli/streams/stream-flags.ts'

export default class Query extends BaseCommand {
  static override summary = 'Answer a question from the documents, with its sources'
  static override description =
    'The question goes through the pipeline of encoder, retriever and generator. Add documents with `docs add`.'
  static override examples = [
    '<%= config.bin %> query "what is agentctl?"',
    '<%= config.bin %> query "what survives a crash?" --stream',
    '<%= config.bin %> query "which ports are used?" --json | jq -r .answer',
  ]
  static override args = { text: Args.string({ description: 'The question', required: true }) }
  static override flags = {
    ...flagsOf(gatewayOnly),
    stream: Flags.boolean({ description: 'Show the answer as it comes; with --json, a line for each part' }),
    user: Flags.string({ description: 'Who asks: limits and quotas are counted for each user' }),
    'top-k': Flags.integer({
      description: 'Passages to answer from [default: 4]',
      min: 1,
      max: 50,
      char: 'k',
    }),
    provider: Flags.string({ description: 'Provider of the LLM service' }),
    model: Flags.string({ description: 'Model of that provider' }),
    cache: Flags.boolean({ description: 'Take what is in the caches', default: true, allowNo: true }),
    timeout: durationFlag({ description: 'How long to wait for the answer, at most [default: 1m]' }),
  }

  override async run(): Promise<unknown> {
    const { args, flags } = await this.parse(Query)
    const { withGateway } = await import('../cli/rag/with-gateway.ts')
    const { showAnswer, streamAnswer, streamParts } = await import('../cli/rag/run-query.ts')
    const { questionOf } = await import('../cli/rag/question.ts')
    const output = {
      write: (text: string) => void process.stdout.write(text),
      say: (text: string) => this.say(text),
    }
    const question = questionOf(args.text, flags)
    const retry = (why: string) => this.say(`Connection lost (${why}), trying again …`)
    return withGateway(
      flags,
      async (client) => {
        if (flags.stream) return (this.jsonEnabled() ? streamParts : streamAnswer)(client, question, output)
        const answer = await client.ask(question)
        if (!this.jsonEnabled()) showAnswer(answer, output)
        return answer
      },
      retry,
    )
  }

  /** With --stream the parts were printed as they came. */
  protected override logJson(json: unknown): void {
    if (json !== undefined) super.logJson(json)
  }
}
