import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { fishScript } from '../../../../src/cli/completion/fish.ts'
import { commandsOf, topicsOf } from '../../../../src/cli/completion/from-manifest.ts'
import type { CommandLine, FlagLine } from '../../../../src/cli/completion/line.ts'

const flag = (name: string, more: Partial<FlagLine> = {}): FlagLine => ({
  ...{ name, description: `The ${name}`, takesValue: false, canBeOff: false },
  ...more,
})
const command = (id: string, more: Partial<CommandLine> = {}): CommandLine => ({
  ...{ id, summary: `Does ${id}`, args: [], flags: [flag('json')] },
  ...more,
})
const output = flag('output', { char: 'o', takesValue: true, options: ['table', 'json'] })

const commands = [
  command('llm'),
  command('llm:cache', { flags: [flag('cache', { canBeOff: true })] }),
  command('stream:ls', {
    summary: "It's what is there",
    flags: [output, flag('redis-url', { takesValue: true })],
  }),
  command('stream:info', { args: [{ name: 'stream', description: '' }] }),
  command('docs:add', {
    args: [{ name: 'files', description: '' }],
    flags: [flag('handler', { takesValue: true, placeholder: '<demo|file>' })],
  }),
  command('context:use', { args: [{ name: 'name', description: '' }] }),
]
const script = fishScript('agentctl', commands, { stream: 'About streams', llm: 'About models' })

describe('the script for fish', () => {
  it('knows commands, flags, values, files, and names that only the system knows', () => {
    for (const line of [
      "complete -c agentctl -n '__agentctl_at' -a 'stream' -d 'About streams'",
      `complete -c agentctl -n '__agentctl_at stream' -a 'ls' -d 'It\\'s what is there'`,
      "complete -c agentctl -n '__agentctl_of stream ls' -l output -s o -r -f -a 'table json' -d 'The output'",
      "complete -c agentctl -n '__agentctl_of stream ls' -l redis-url -x -d 'The redis-url'",
      "complete -c agentctl -n '__agentctl_of stream info' -a '(agentctl stream ls -o name 2>/dev/null)'",
      "complete -c agentctl -n '__agentctl_of context use' -a '(agentctl context ls -o name 2>/dev/null)'",
      "complete -c agentctl -n '__agentctl_of docs add' -F",
      "complete -c agentctl -n '__agentctl_of docs add' -l handler -r -F -d 'The handler'",
      "complete -c agentctl -n '__agentctl_of llm cache' -l no-cache -d 'Not: The cache'",
    ])
      expect(script.split('\n')).toContain(line)
  })

  it('is made of what oclif knows, and leaves out what is hidden', () => {
    const found = commandsOf({
      commands: [
        { id: 'a:b', summary: 'S', args: {}, flags: { x: { name: 'x', type: 'boolean', hidden: true } } },
        { id: 'hidden', hidden: true, args: {}, flags: {} },
      ] as never,
    })
    expect(found).toEqual([{ id: 'a:b', summary: 'S', args: [], flags: [] }])
    expect(topicsOf({ topics: [{ name: 'a', description: 'A' }, { name: 'b' }] as never })).toEqual({
      a: 'A',
      b: '',
    })
  })
})

const hasFish = spawnSync('fish', ['--version']).status === 0
if (!hasFish) console.warn('SKIPPED: completion in a real fish, as there is no fish on PATH')

describe.skipIf(!hasFish)('a real fish', () => {
  /** What it offers for a line, without the descriptions. */
  function offers(line: string): string[] {
    const folder = mkdtempSync(join(tmpdir(), 'agentctl-fish-'))
    try {
      writeFileSync(join(folder, 'agentctl.fish'), script)
      writeFileSync(
        join(folder, 'agentctl'),
        '#!/bin/sh\n[ "$1" = stream ] && echo my-stream || echo my-context\n',
        {
          mode: 0o755,
        },
      )
      writeFileSync(join(folder, 'a-file.md'), '')
      const { stdout, stderr } = spawnSync(
        'fish',
        ['--no-config', '-c', `source agentctl.fish; complete -C '${line}'`],
        {
          cwd: folder,
          encoding: 'utf8',
          env: { ...process.env, HOME: folder, PATH: `${folder}:${process.env.PATH}` },
        },
      )
      expect(stderr).toBe('')
      return stdout.split('\n').flatMap((text) => text.split('\t')[0] || [])
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it.each([
    ['agentctl ', ['llm', 'stream', 'docs', 'context']],
    ['agentctl str', ['stream']],
    ['agentctl stream ', ['ls', 'info']],
    ['agentctl stream ls --o', ['--output']],
    ['agentctl stream ls --output ', ['table', 'json']],
    ['agentctl stream ls -o ', ['table', 'json']],
    ['agentctl stream ls --redis-url ', []],
    ['agentctl stream info ', ['my-stream']],
    ['agentctl stream info --json ', ['my-stream']],
    ['agentctl context use ', ['my-context']],
    ['agentctl docs add a-', ['a-file.md']],
    ['agentctl llm ', ['cache']],
    ['agentctl llm cache --no', ['--no-cache']],
  ])('offers for "%s": %j', (line, expected) => {
    expect(offers(line).toSorted()).toEqual(expected.toSorted())
  })
})
