/** The parts of `process` that say whether there is a terminal to draw on; tests pass their own. */
export interface Surface {
  stdin: { isTTY?: boolean }
  stdout: { isTTY?: boolean }
  env: Readonly<Record<string, string | undefined>>
}

/** Why a full screen cannot be drawn; undefined where it can. */
export function screenObstacle({ stdin, stdout, env }: Surface = process): string | undefined {
  if (!stdout.isTTY) return 'the output goes to no terminal'
  if (!stdin.isTTY) return 'keys cannot be read: the input comes from no terminal'
  if (env.TERM === 'dumb') return 'TERM is dumb, so that nothing can be drawn over'
  // Set to nothing, it is set all the same.
  if (env.CI !== undefined && env.CI !== 'false' && env.CI !== '0')
    return 'CI is set, so that nobody is watching'
  return undefined
}
