// Writes the parts of docs/ that are generated from the built program: the error reference and the diagram of
// the rooms. `--check` writes nothing and fails where they are out of date.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, say } from './setup.mjs'

const check = process.argv.includes('--check')
const stale = []

write('docs/errors.md', await errorReference())
write('docs/architecture.md', withDiagram(read('docs/architecture.md'), roomDiagram()))
if (stale.length > 0) {
  say(`Out of date: ${stale.join(', ')}. Run \`node scripts/document.mjs\` after a build.`)
  process.exitCode = 1
}

function write(file, content) {
  if (read(file) === content) return
  if (check) stale.push(file)
  else writeFileSync(join(root, file), content)
}

function read(file) {
  try {
    return readFileSync(join(root, file), 'utf8')
  } catch {
    return ''
  }
}

async function errorReference() {
  const { explainErrors } = await import('../dist/cli/explain-errors.js')
  const sections = explainErrors().map(
    ({ code, title, fix, exit, status }) =>
      `## ${code}\n\n${title}.\n\n- Fix: ${fix}\n- Exit code ${exit}, HTTP status ${status}.\n`,
  )
  return `# Errors

Every error names one of these codes: on the command line (\`Code: …\`, or \`error.code\` with \`--json\`), in HTTP
problem documents (\`code\`) and in \`event: error\` frames. \`agentctl errors CODE\` prints the same.

${sections.join('\n')}`
}

function roomDiagram() {
  const depcruise = join(root, 'node_modules', '.bin', 'depcruise')
  const rooms = '^(src/(cli|commands|ui)|src/runtime/[^/]+)'
  const options = [
    '--config',
    '.dependency-cruiser.cjs',
    '--include-only',
    '^src',
    '--collapse',
    rooms,
    '--output-type',
    'mermaid',
  ]
  const { stdout, stderr, status } = spawnSync(process.execPath, [depcruise, ...options, 'src'], {
    cwd: root,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return stdout.replaceAll('\n\n', '\n').trim()
}

function withDiagram(text, diagram) {
  return text.replace(/```mermaid\n[\s\S]*?```/, `\`\`\`mermaid\n${diagram}\n\`\`\``)
}
