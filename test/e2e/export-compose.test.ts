import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { agentctl, workplace } from '../support/program.ts'

const place = workplace()
afterAll(() => place.remove())

const committed = readFileSync(new URL('../../docker-compose.yml', import.meta.url), 'utf8')

describe('agentctl export compose', () => {
  it('prints the committed file, and the same as JSON', async () => {
    const { stdout } = await agentctl(place, 'export', 'compose')
    expect(`${stdout}\n`).toBe(committed)
    const { stdout: json } = await agentctl(place, 'export', 'compose', '--json')
    expect(JSON.parse(json)).toEqual({ compose: committed })
  })

  it('writes a file, for an image that is there already', async () => {
    const file = join(place.dir, 'deploy', 'compose.yml')
    const { stdout } = await agentctl(
      place,
      'export',
      'compose',
      '--output',
      file,
      '--image',
      'registry/agentctl:2',
    )
    expect(stdout).toBe(file)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain('image: registry/agentctl:2')
    expect(text).not.toContain('build:')
  })

  it('says what is wrong with an option', async () => {
    const { exitCode, stderr } = await agentctl(place, 'export', 'compose', '--image', 'no image')
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('EXPORT_INVALID')])
  })
})
