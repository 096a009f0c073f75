// `npm run bench -- NAME [options]` runs test/bench/NAME.ts; without a name it lists what there is.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runInForeground, say, setUp } from './setup.mjs'

const folder = join(root, 'test', 'bench')
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const [name, ...options] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h') {
  process.stdout.write(`npm run bench -- NAME [options]\n\n${list()}\n`)
} else if (names.includes(name)) {
  await setUp()
  process.exitCode = await runInForeground([join(folder, `${name}.ts`), ...options])
} else {
  say(`There is no benchmark "${name}". There are:\n\n${list()}`)
  process.exitCode = 2
}

function list() {
  const width = Math.max(...names.map((each) => each.length))
  return names.map((each) => `  ${each.padEnd(width)}  ${summary(each)}`).join('\n')
}

/** The first line of the first doc comment. */
function summary(each) {
  const source = readFileSync(join(folder, `${each}.ts`), 'utf8')
  return /\/\*\*[\s*]*(.+?)(?:\s*\*\/)?$/m.exec(source)?.[1] ?? ''
}
