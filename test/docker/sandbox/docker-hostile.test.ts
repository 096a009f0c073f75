import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Outcome, Sandbox } from '../../../src/runtime/sandbox/index.ts'
import { type DockerScene, openDockerScene } from '../../support/docker-sandbox.ts'
import { engineHost } from '../../support/engine.ts'
import { recordHostile } from '../../support/hostile-report.ts'
import { runIn } from '../../support/sandbox-subject.ts'
import { beginsAgain, escapes } from './hostile-programs.ts'

const host = await engineHost()

describe.skipIf(host === undefined)('programs that try to leave a container', () => {
  const owner = `hostile-${process.pid}`
  let scene: DockerScene
  let sandbox: Sandbox

  beforeAll(async () => {
    scene = await openDockerScene(host as string)
    sandbox = scene.open({ owner, warm: { python: 1, node: 1 } })
    await sandbox.probe()
  })
  afterAll(async () => {
    await sandbox?.close()
    expect(await scene?.left(owner)).toBe(0)
    await scene?.close()
  })

  it.each(escapes)('$name', async ({ name, expected, language, code, shows = [], exitCode = 0 }) => {
    const outcome = await runIn(sandbox, language, code, { limits: { wall_ms: 30_000 } })
    recordHostile('docker', name, expected, observed(outcome))
    const said = `${outcome.stdout}\n${outcome.stderr}`
    expect(said).not.toMatch(/^(got|found) /m)
    if (shows.length === 0) expect(outcome.stdout).toMatch(/^refused /m)
    for (const line of shows) expect(outcome.stdout).toMatch(line)
    expect(outcome, said).toMatchObject({ exit_code: exitCode, signal: null })
  })

  it('learns the secret of its runner, and says again and again that it has just begun', async () => {
    const outcome = await runIn(sandbox, 'javascript', beginsAgain, { limits: { wall_ms: 5_000 } })
    const name = 'learns the secret of its runner, and says again and again that it has just begun'
    recordHostile('docker', name, 'ended when its time is up all the same', observed(outcome))
    expect(outcome.stdout).toBe('found true\n')
    expect(outcome).toMatchObject({ status: 'failed', reason: 'wall_timeout' })
  })
})

function observed({ status, reason, exit_code, stdout }: Outcome): string {
  const refused = stdout.split('\n').filter((line) => line.startsWith('refused ')).length
  const how = reason === undefined ? status : `${reason} (exit code ${exit_code})`
  return refused === 0 ? how : `${how}, ${refused} ${refused === 1 ? 'attempt' : 'attempts'} refused`
}
