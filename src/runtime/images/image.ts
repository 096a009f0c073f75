import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { LANGUAGES_LABEL } from '../docker-proxy/index.ts'
import type { Recipe } from './recipes.ts'

/** Label: digest of the runner in it, by which an outdated image is told. */
export const RUNNER_LABEL = 'agentctl.runner'

const DIGEST_LENGTH = 16

/** An image that is to be made. */
export interface Wanted {
  readonly recipe: Recipe
  /** Its name and tag, such as `agentctl-python:latest`. */
  readonly tag: string
  readonly runner: Buffer
  readonly labels: Readonly<Record<string, string>>
}

export async function wantedImage(recipe: Recipe, tag: string): Promise<Wanted> {
  const runner = await readFile(new URL(recipe.runner, import.meta.url))
  const digest = createHash('sha256').update(runner).digest('hex').slice(0, DIGEST_LENGTH)
  const labels = { [LANGUAGES_LABEL]: recipe.languages.join(','), [RUNNER_LABEL]: digest }
  return { recipe, tag, runner, labels }
}

/** `HOST:PORT/NAME:TAG` → the name with its host, and the tag. */
export function splitTag(image: string): [name: string, tag: string] {
  const [name = '', tag = ''] = image.split(/:(?=[^/:]+$)/)
  return [name, tag]
}
