import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QueryAnswer, StreamMessage } from '../../src/runtime/rag/messages.ts'
import { agentctl, bin, startServe, type TestServe, workplace } from '../support/program.ts'

const place = workplace()
let serve: TestServe

beforeAll(async () => {
  mkdirSync(join(place.dir, 'guide', 'animals'), { recursive: true })
  const files = {
    'lighthouse.md': '# Harbour\n\nThe lighthouse keeper winds the great clock every evening.\n',
    'guide/bees.md': 'Honey bees dance to tell each other where the flowers are.\n',
    'guide/animals/whales.txt': 'Humpback whales sing long songs under the water.\n',
    'guide/picture.png': 'no text is looked for here',
    'notes.bin': 'text\0and what is not text',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(place.dir, name), text)
  Object.assign(place.env, { AGENTCTL_MOCK_LATENCY: '10ms' })
  serve = await startServe(place, '--ephemeral', '--roles', 'gateway=1,worker=2,rag=1,llm=3')
})

afterAll(async () => {
  await serve?.stop()
  place.remove()
})

const lines = (text: string) => text.split('\n').filter(Boolean)
const BEES = 'Where do honey bees find the flowers?'

/** Runs a command that is expected to succeed. */
async function output(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await agentctl(place, ...args)
  expect([args, exitCode, stderr]).toEqual([args, 0, stderr])
  return stdout
}

async function asked(...args: string[]): Promise<QueryAnswer> {
  return JSON.parse(await output('query', ...args, '--json')) as QueryAnswer
}

it('serve shows every part of its default plan ready', async () => {
  const { replicas } = await serve.ps()
  const count = (role: string) => replicas.filter((replica) => replica.role === role).length
  expect(replicas.map(({ state }) => state)).toEqual(replicas.map(() => 'ready'))
  expect(['gateway', 'worker', 'rag', 'llm', 'redis'].map(count)).toEqual([1, 2, 1, 3, 1])
})

describe('agentctl docs', () => {
  it('adds files and what is in folders, and says what became of each', async () => {
    const { exitCode, stdout } = await agentctl(place, 'docs', 'add', 'lighthouse.md', 'guide', 'notes.bin')
    expect(exitCode).toBe(1)
    expect(lines(stdout).map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['DOCUMENT', 'PASSAGES', 'STATUS'],
      ['lighthouse.md', '1', 'added'],
      ['guide/animals/whales.txt', '1', 'added'],
      ['guide/bees.md', '1', 'added'],
      ['notes.bin', '-', 'failed: notes.bin: it is not a text file'],
    ])
  })

  it('leaves alone what has not changed, and replaces what has', async () => {
    writeFileSync(join(place.dir, 'lighthouse.md'), 'The lighthouse keeper winds the great clock at dawn.\n')
    const { exitCode, stdout } = await agentctl(
      place,
      'docs',
      'add',
      'lighthouse.md',
      'guide/bees.md',
      'notes.bin',
      '--json',
    )
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      documents: [
        { file: 'lighthouse.md', id: 'lighthouse.md', chunks: 1, status: 'replaced' },
        { file: 'guide/bees.md', status: 'unchanged' },
      ],
      failed: [{ file: 'notes.bin', error: { code: 'RAG_FILE_INVALID' } }],
    })
    expect((await asked('When does the lighthouse keeper wind the clock?')).answer).toBe(
      'The lighthouse keeper winds the great clock at dawn. [1]',
    )
  })

  it('takes a document from stdin', async () => {
    const input = 'The owl hunts in the forest at night.'
    const args = [bin, 'docs', 'add', '-', '--id', 'owl']
    const { exitCode } = await execa(process.execPath, args, { cwd: place.dir, env: place.env, input })
    expect(exitCode).toBe(0)
    expect((await asked('Where does the owl hunt?')).contexts[0]?.id).toBe('owl#0')
  })

  it('lists them as a table, as names and as JSON', async () => {
    const names = ['guide/animals/whales.txt', 'guide/bees.md', 'lighthouse.md', 'owl']
    expect(lines(await output('docs', 'ls', '-o', 'name'))).toEqual(names)
    expect(lines(await output('docs', 'ls')).map((line) => line.split(/ {2,}/)[0])).toEqual([
      'DOCUMENT',
      ...names,
    ])
    const listed = JSON.parse(await output('docs', 'ls', '--json')) as object[]
    expect(listed[1]).toEqual({
      id: 'guide/bees.md',
      chunks: 1,
      metadata: { source: 'guide/bees.md' },
      stored_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    })
  })

  it('removes what it is told to, once that is confirmed', async () => {
    const refused = await agentctl(place, 'docs', 'rm', 'owl')
    expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining('Remove 1 document: owl')])
    expect(await output('docs', 'rm', 'owl', '--dry-run')).toContain('Nothing was changed')
    expect(lines(await output('docs', 'ls', '-o', 'name'))).toContain('owl')
    expect(await output('docs', 'rm', 'owl', '--yes')).toBe('Removed 1 document')
    expect(lines(await output('docs', 'ls', '-o', 'name'))).not.toContain('owl')
    const { contexts } = await asked('Where does the owl hunt?')
    expect(contexts.map(({ id }) => id)).not.toContain('owl#0')
    const again = await agentctl(place, 'docs', 'rm', 'owl', '--yes')
    expect([again.exitCode, again.stderr]).toEqual([3, expect.stringContaining('RAG_DOCUMENT_UNKNOWN')])
  })
})

describe('agentctl query', () => {
  it('prints the answer with its sources, and to stderr who has answered', async () => {
    const { stdout, stderr } = await agentctl(place, 'query', BEES)
    expect(lines(stdout).slice(0, 3)).toEqual([
      'Honey bees dance to tell each other where the flowers are. [1]',
      'Sources:',
      expect.stringMatching(/^ {2}\[1\] guide\/bees\.md#0 +0\.\d\d {2}Honey bees dance/),
    ])
    expect(stderr).toMatch(
      /rag-1 at http:\/\/127\.0\.0\.1:\d+ · Mock · \d+ ms \(encode \d+, retrieve \d+, generate \d+/,
    )
  })

  it('prints with --json what POST /query answers', async () => {
    const answer = await asked('What do humpback whales sing?', '--top-k', '2', '--no-cache', '--user', 'ann')
    expect(answer).toEqual({
      job_id: expect.stringMatching(/^rag\./),
      answer: 'Humpback whales sing long songs under the water. [1]',
      worker: 'rag-1',
      replica: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      contexts: [
        {
          id: 'guide/animals/whales.txt#0',
          text: 'Humpback whales sing long songs under the water.',
          score: expect.any(Number),
        },
        expect.anything(),
      ],
      timings_ms: {
        encode: expect.any(Number),
        retrieve: expect.any(Number),
        generate: expect.any(Number),
        queues: expect.any(Number),
        total: expect.any(Number),
      },
      cached: { embedding: false, retrieval: false, answer: false },
      model: 'mock',
      provider: 'Mock',
    })
    const replicas = (await serve.ps()).replicas.flatMap(({ role, facts }) =>
      role === 'llm' ? [facts.url] : [],
    )
    expect(replicas).toContain(answer.replica)
  })

  it('takes from the caches what was asked before', async () => {
    await asked('Who dances for the flowers?')
    // A Redis that was held up for long is done without once.
    await expect
      .poll(async () => (await asked('Who dances for the flowers?')).cached)
      .toEqual({ embedding: true, retrieval: true, answer: true })
  })

  it('shows with --stream the answer as it comes, and with --json each part as a line', async () => {
    const text = await output('query', BEES, '--stream')
    expect(text).toMatch(/^Honey bees dance .* \[1\]\n\nSources:\n {2}\[1\] guide\/bees\.md#0/)
    const parts = lines(await output('query', BEES, '--stream', '--json')).map(
      (line) => JSON.parse(line) as StreamMessage,
    )
    expect(parts[0]).toMatchObject({ type: 'sources', contexts: [{ id: 'guide/bees.md#0' }, {}, {}] })
    expect(parts.at(-1)).toMatchObject({ type: 'result', worker: 'rag-1', provider: 'Mock' })
    const tokens = parts.slice(1, -1).map((part) => (part.type === 'token' ? part.text : '?'))
    expect(tokens.length).toBeGreaterThan(3)
    expect(tokens.join('')).toBe('Honey bees dance to tell each other where the flowers are. [1]')
  })

  it('says what is wrong, with an exit code that tells', async () => {
    const cases: [string[], number, string][] = [
      [['query', ''], 2, 'body.query: must not be empty'],
      [['query', 'x'.repeat(8_001)], 2, 'may have at most 8000 characters'],
      [['query', 'x', '--provider', 'nobody'], 2, 'LLM_PROVIDER_UNKNOWN'],
      [['query', 'x', '--provider', 'nobody', '--stream'], 2, 'LLM_PROVIDER_UNKNOWN'],
      [['query', 'x', '--provider', 'openai'], 2, 'OPENAI_API_KEY'],
      [['query', 'x', '--top-k', '0'], 2, '--top-k'],
      [['query', 'x', '--top-k', '51'], 2, '--top-k'],
      [['query', 'x', '--timeout', '2m'], 2, 'timeout_ms'],
      [['query', 'x', '--gateway-url', 'http://127.0.0.1:1'], 69, 'RAG_UNREACHABLE'],
      [['query', 'x', '--gateway-url', 'ftp://x'], 2, 'RAG_URL_INVALID'],
      [['docs', 'add', 'nothing.md'], 2, 'nothing.md'],
      [['docs', 'add', 'guide', '--id', 'one'], 2, '--id'],
      [['docs', 'ls', '--gateway-url', 'http://127.0.0.1:1'], 69, 'RAG_UNREACHABLE'],
    ]
    for (const [args, code, named] of cases) {
      const { exitCode, stderr } = await agentctl(place, ...args)
      expect([args, exitCode, stderr]).toEqual([args, code, expect.stringContaining(named)])
    }
  })
})
