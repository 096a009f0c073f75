import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packFolder } from '../../src/runtime/images/pack.ts'
import { createEngine } from '../../src/runtime/platform/engine/index.ts'

export const ECHO_IMAGE = 'agentctl-test-echo:latest'

/** Sleeps or answers at once when it is told to; then writes back what it was sent, its length to stderr, and exits with 3. */
const RUNNER = `
import sys, time
first = sys.stdin.buffer.readline()
if first == b'sleep\\n':
    sys.stdout.write('sleeping')
    time.sleep(600)
if first == b'answer\\n':
    sys.stdout.write('here')
    sys.stdout.flush()
data = first + sys.stdin.buffer.read()
sys.stdout.buffer.write(data)
sys.stdout.flush()
sys.stderr.write(str(len(data)))
sys.exit(3)
`

/** An image like that of Python, with a runner whose words are easy to check. */
export async function makeEchoImage(dockerHost: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'agentctl-test-'))
  const engine = createEngine(dockerHost)
  try {
    await writeFile(
      join(folder, 'Dockerfile'),
      'FROM agentctl-python\nCOPY runner.py /runner.py\nENTRYPOINT ["/nothing"]\n',
    )
    await writeFile(join(folder, 'runner.py'), RUNNER)
    const path = `/build?${new URLSearchParams({ t: ECHO_IMAGE })}`
    const headers = { 'content-type': 'application/x-tar' }
    await engine.progress({ method: 'POST', path, headers, body: await packFolder(folder) }, () => {})
  } finally {
    engine.close()
    await rm(folder, { recursive: true, force: true })
    await rm(`${folder}.tar`, { force: true })
  }
}
