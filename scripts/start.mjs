// `npm start`: sets up whatever is missing, then runs the main job. Flags go to `agentctl serve`.
import { join } from 'node:path'
import { root, runInForeground, setUp } from './setup.mjs'

await setUp()
process.exitCode = await runInForeground([
  join(root, 'bin', 'agentctl.js'),
  'serve',
  ...process.argv.slice(2),
])
