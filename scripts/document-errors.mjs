// Writes docs/errors.md from the error tables of the built program: node scripts/document-errors.mjs
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './setup.mjs'

const { explainErrors } = await import('../dist/cli/explain-errors.js')
const sections = explainErrors().map(
  ({ code, title, fix, exit, status }) => `## ${code}\n\n${title}.\n\n- Fix: ${fix}\n- Exit code ${exit}, HTTP status ${status}.\n`,
)
const head = `# Errors

Every error names one of these codes, on the command line (\`Code: …\`, or \`error.code\` with \`--json\`), in HTTP
problem documents (\`code\`) and in \`event: error\` frames. \`agentctl errors CODE\` prints the same.
`
writeFileSync(join(root, 'docs', 'errors.md'), `${head}\n${sections.join('\n')}`)
