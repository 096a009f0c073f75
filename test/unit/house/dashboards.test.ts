import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dashboards } from '../../../scripts/dashboards/dashboards.ts'
import { renderDashboard } from '../../../scripts/dashboards/render.ts'
import { documentedSeries } from '../../support/documented-metrics.ts'
import { COMMON_SERIES, seriesIn } from '../../support/promql.ts'

const folder = new URL('../../../deploy/grafana/dashboards/', import.meta.url)

describe.each(dashboards)('the dashboard $title', (dashboard) => {
  it('is written as it is described: else run `node scripts/dashboards.mjs`', () => {
    const written = readFileSync(new URL(`${dashboard.uid}.json`, folder), 'utf8')
    expect(JSON.parse(written)).toEqual(JSON.parse(renderDashboard(dashboard)))
  })

  it('shows metrics that docs/metrics.md knows', () => {
    const known = documentedSeries()
    for (const { title, lines } of dashboard.panels) {
      const asked = lines.flatMap(([query]) => seriesIn(query))
      expect(asked, title).not.toEqual([])
      expect(
        asked.filter((name) => !known.has(name) && !COMMON_SERIES.has(name)),
        title,
      ).toEqual([])
    }
  })
})

describe('the folder of dashboards', () => {
  it('has no others', () => {
    const files = dashboards.map(({ uid }) => `${uid}.json`)
    expect(readdirSync(folder).sort()).toEqual(files.sort())
  })
})

const promtool = process.env.PROMTOOL ?? ''

describe.skipIf(promtool === '')('promtool', () => {
  it('understands every query', () => {
    const queries = dashboards.flatMap(({ panels }) =>
      panels.flatMap(({ lines }) => lines.map(([query]) => query)),
    )
    const rules = queries.map((query, i) => ({
      record: `panel:${i}`,
      expr: query.replaceAll('$__rate_interval', '5m'),
    }))
    const scratch = mkdtempSync(join(tmpdir(), 'agentctl-dashboards-'))
    try {
      const path = join(scratch, 'rules.yml')
      writeFileSync(path, JSON.stringify({ groups: [{ name: 'panels', rules }] }))
      const said = execFileSync(promtool, ['check', 'rules', path], { encoding: 'utf8' })
      expect(said).toContain(`${queries.length} rules found`)
    } finally {
      rmSync(scratch, { recursive: true, force: true })
    }
  })
})
