// Writes the dashboards of deploy/grafana: `node scripts/dashboards.mjs`.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dashboards } from './dashboards/dashboards.ts'
import { renderDashboard } from './dashboards/render.ts'

const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const folder = inRoot('deploy/grafana/dashboards')

for (const dashboard of dashboards)
  writeFileSync(`${folder}/${dashboard.uid}.json`, renderDashboard(dashboard))
execFileSync(inRoot('node_modules/.bin/biome'), ['format', '--write', folder], { stdio: 'inherit' })
