import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive, runCommand } from '../../../src/runtime/platform/process/index.ts'
import { eventually } from '../../support/program.ts'

function run(command: string, options: { input?: string; signal?: AbortSignal; maxOutput?: number } = {}) {
  const { input = '', signal = new AbortController().signal, maxOutput = 1_000 } = options
  return runCommand({ command, input, env: { GREETING: 'hello' }, signal, maxOutput })
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'agentctl-command-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Aborts a command once it has made the file: what it does before that has been done by then. */
async function abortOnceThere(file: string, controller: AbortController): Promise<void> {
  await eventually(() => existsSync(file))
  controller.abort()
}

describe('runCommand', () => {
  it('gives input and environment, and takes output and exit code', async () => {
    expect(await run('cat; echo $GREETING; echo one >&2; echo two >&2; exit 7', { input: 'in\n' })).toEqual({
      code: 7,
      stdout: 'in\nhello\n',
      truncated: false,
      lastError: 'two',
    })
  })

  it('tells of a signal as a shell does', async () => {
    expect((await run('kill -9 $$')).code).toBe(137)
  })

  it('does not mind a command that reads nothing, or prints more than is kept', async () => {
    const result = await run('yes | head -c 5000', { input: 'x'.repeat(1_000_000) })
    expect([result.code, result.stdout.length, result.truncated]).toEqual([0, 1_000, true])
  })

  it('leaves nothing running, and does not wait for it', async () => {
    const { stdout } = await run('sleep 60 & echo $!')
    await eventually(() => !isAlive(Number(stdout)))
  })

  it('lets an aborted command end in order', async () => {
    const controller = new AbortController()
    const begun = join(folder, 'ends')
    const command = `trap "echo bye; exit 3" TERM; sleep 60 & : > ${begun}; wait`
    const running = run(command, { signal: controller.signal })
    await abortOnceThere(begun, controller)
    expect(await running).toMatchObject({ code: 3, stdout: 'bye\n' })
  })

  it('kills one that does not end', async () => {
    const controller = new AbortController()
    const begun = join(folder, 'stays')
    const command = `trap "" TERM; echo $$; : > ${begun}; sleep 60; sleep 60`
    const running = run(command, { signal: controller.signal })
    await abortOnceThere(begun, controller)
    const { code, stdout } = await running
    expect([code, isAlive(Number(stdout))]).toEqual([137, false])
  })

  it('starts nothing when it is aborted before', async () => {
    await expect(run('true', { signal: AbortSignal.abort() })).rejects.toThrow('aborted')
  })

  it('leaves nothing behind when this process is killed, whatever the command ignores', async () => {
    const file = join(folder, 'pid')
    const door = new URL('../../../src/runtime/platform/process/index.ts', import.meta.url)
    const options = {
      command: `trap "" TERM; echo $$ > ${file}; sleep 60; sleep 60`,
      input: '',
      env: {},
      maxOutput: 1,
    }
    const script = `
      import { runCommand } from ${JSON.stringify(door.href)}
      await runCommand({ ...${JSON.stringify(options)}, signal: new AbortController().signal })`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' })
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8').endsWith('\n'))
    const pid = Number(readFileSync(file, 'utf8'))
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    await eventually(() => !isAlive(pid))
  })
})
