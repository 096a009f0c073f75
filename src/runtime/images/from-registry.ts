import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Engine } from '../platform/engine/index.ts'
import { splitTag, type Wanted } from './image.ts'
import { packFolder } from './pack.ts'

/** Milliseconds a registry may take to begin sending. */
const FIRST_ANSWER = 20_000

/**
 * Pulls the base image and adds the runner.
 * @param mirror where to take the base image from instead, such as `registry.local:5000/library`
 * @param folder an empty one
 * @throws AgentctlError DOCKER_UNREACHABLE, DOCKER_REFUSED when no registry is reached
 */
export async function buildFromRegistry(
  engine: Engine,
  { recipe, tag, runner, labels }: Wanted,
  mirror: string | undefined,
  folder: string,
  say: (text: string) => void,
): Promise<void> {
  const base = mirror === undefined ? recipe.base : `${mirror.replace(/\/$/, '')}/${recipe.base}`
  say(`${tag}: pulling ${base} …`)
  await pull(engine, base)
  const labelLines = Object.entries(labels).map(([name, value]) => `LABEL ${name}="${value}"`)
  const dockerfile = [`FROM ${base}`, `COPY ${recipe.runner} /${recipe.runner}`, ...labelLines, '']
  await writeFile(join(folder, 'Dockerfile'), dockerfile.join('\n'))
  await writeFile(join(folder, recipe.runner), runner, { mode: 0o644 })
  say(`${tag}: adding the runner …`)
  await engine.progress(
    {
      method: 'POST',
      path: `/build?${new URLSearchParams({ t: tag, networkmode: 'none', rm: '1', forcerm: '1' })}`,
      headers: { 'content-type': 'application/x-tar' },
      body: await packFolder(folder),
    },
    () => {},
  )
}

async function pull(engine: Engine, image: string): Promise<void> {
  const [fromImage = '', name = ''] = splitTag(image)
  const late = new AbortController()
  const timer = setTimeout(
    () => late.abort(new Error(`no registry answered in ${FIRST_ANSWER} ms`)),
    FIRST_ANSWER,
  )
  try {
    await engine.progress(
      {
        method: 'POST',
        path: `/images/create?${new URLSearchParams({ fromImage, tag: name })}`,
        signal: late.signal,
      },
      () => clearTimeout(timer),
    )
  } finally {
    clearTimeout(timer)
  }
}
