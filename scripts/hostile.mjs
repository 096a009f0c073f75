// Runs the hostile programs in every sandbox there is here, and writes what became of them into docs/code-evaluation.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, runInForeground, say, setUp } from './setup.mjs'

const SUITES = ['test/contracts/sandbox.test.ts', 'test/docker/sandbox']
const BACKENDS = ['docker', 'deno']
const BEGIN = '<!-- written by scripts/hostile.mjs -->'
const END = '<!-- end -->'

await setUp()
const folder = mkdtempSync(join(tmpdir(), 'agentctl-hostile-'))
const report = join(folder, 'report.json')
process.env.AGENTCTL_HOSTILE_REPORT = report
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const code = await runInForeground([
  vitest,
  'run',
  '--project',
  'integration',
  '--project',
  'docker',
  ...SUITES,
])
if (code === 0) writeTable(JSON.parse(readFileSync(report, 'utf8')))
else say('Some of them did what they must not: nothing was written.')
rmSync(folder, { recursive: true, force: true })
process.exitCode = code

function writeTable(entries) {
  const file = join(root, 'docs', 'code-evaluation.md')
  const text = readFileSync(file, 'utf8')
  const [before, rest] = text.split(BEGIN)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`${file} has no place for the table`)
  const missing = BACKENDS.filter((backend) => !entries.some((entry) => entry.backend === backend))
  if (missing.length > 0) throw new Error(`nothing was run in ${missing}: the table would lose its column`)
  writeFileSync(file, `${before}${BEGIN}\n\n${tableOf(entries)}\n\n${END}${after}`)
}

function tableOf(entries) {
  const cases = [...new Set(entries.map((entry) => entry.case))]
  const rows = cases.map((name) => {
    const found = (backend) => entries.find((entry) => entry.case === name && entry.backend === backend)
    const { expected } = entries.find((entry) => entry.case === name)
    return [name, expected, ...BACKENDS.map((backend) => cell(found(backend)?.observed))]
  })
  const lines = [['program', 'what must become of it', ...BACKENDS], ['---', '---', '---', '---'], ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Without times, which are others each time. */
function cell(observed) {
  if (observed === undefined) return '–'
  return observed
    .replace(/ after [\d.]+ m?s/, '')
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
}
