import { printable } from '../../runtime/platform/log/index.ts'
import type { EvalOutput } from './run-eval.ts'

/**
 * Where the output of a program goes: to stdout and stderr as it is, but where that is a terminal, without what would command it.
 * @param quiet the end alone is shown
 */
export function outputOf(quiet: boolean, say: (text: string) => void): EvalOutput {
  return {
    say,
    write(name, text) {
      if (quiet) return
      const stream = process[name]
      stream.write(stream.isTTY ? printable(text, true) : text)
    },
  }
}
