// `npm test`: sets up whatever is missing, then runs every test. Arguments go to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root, runInForeground, say, setUp } from './setup.mjs'

await setUp()
const folder = mkdtempSync(join(tmpdir(), 'agentctl-results-'))
const report = join(folder, 'results.json')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const output = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
const code = await runInForeground([vitest, 'run', ...output, ...process.argv.slice(2)])
summarise()
rmSync(folder, { recursive: true, force: true })
process.exitCode = code

function summarise() {
  try {
    const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(report, 'utf8'))
    const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
    process.stdout.write(`${numPassedTests} passed, ${numFailedTests} failed${skipped}\n`)
  } catch {
    say('No test results were written.')
  }
}
