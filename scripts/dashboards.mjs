// Writes the dashboards of deploy/grafana: `node scripts/dashboards.mjs`.
import { writeFileSync } from 'node:fs'
import { dashboards } from './dashboards/dashboards.ts'
import { renderDashboard } from './dashboards/render.ts'

for (const dashboard of dashboards) {
  const path = new URL(`../deploy/grafana/dashboards/${dashboard.uid}.json`, import.meta.url)
  writeFileSync(path, renderDashboard(dashboard))
  console.log(path.pathname)
}
