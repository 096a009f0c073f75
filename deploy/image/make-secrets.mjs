// Makes the secrets that the containers of one installation share: `make-secrets.mjs FOLDER NAME=VARIABLE …` writes FOLDER/NAME/value
// for each name, with what the variable holds, else with something random that then stays. Every folder is a volume that only
// those containers have which need the secret.
import { randomBytes } from 'node:crypto'
import { existsSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, ...secrets] = process.argv.slice(2)
for (const [name, variable] of secrets.map((word) => word.split('='))) {
  const file = join(folder, name, 'value')
  const chosen = process.env[variable]
  if (!chosen && existsSync(file)) continue
  writeFileSync(`${file}.new`, chosen || randomBytes(24).toString('hex'), { mode: 0o444 })
  renameSync(`${file}.new`, file)
  console.log(`${name}: ${chosen ? `from ${variable}` : 'made'}`)
}
