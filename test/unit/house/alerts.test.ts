import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { exportKubernetes, units } from '../../../src/runtime/manifests/index.ts'
import { documentedSeries } from '../../support/documented-metrics.ts'
import { COMMON_SERIES, seriesIn } from '../../support/promql.ts'

interface Pod {
  labels: Record<string, string>
  annotations: Record<string, string>
}

interface Rule {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}

const folder = fileURLToPath(new URL('../../../deploy/prometheus/', import.meta.url))
const read = (name: string): unknown => parse(readFileSync(join(folder, name), 'utf8'))
const { groups } = read('alerts.yml') as { groups: { rules: Rule[] }[] }
const rules = groups.flatMap((group) => group.rules)

describe.each(rules)('the alert $alert', ({ expr, labels, annotations }) => {
  it('asks for metrics that docs/metrics.md knows', () => {
    const known = documentedSeries()
    const asked = seriesIn(expr)
    expect(asked).not.toEqual([])
    expect(asked.filter((name) => !known.has(name) && !COMMON_SERIES.has(name))).toEqual([])
  })

  it('says how bad it is, what it is, and where to read what to do', () => {
    expect(labels.severity).toMatch(/^(warning|critical)$/)
    expect(annotations.summary).not.toBe('')
    expect(annotations.runbook).toMatch(/^docs\/operations\.md#[a-z-]+$/)
  })
})

const runbooks = new URL('../../../docs/operations.md', import.meta.url)

describe.skipIf(!existsSync(runbooks))('docs/operations.md', () => {
  it('has a section for every alert', () => {
    const anchors = [...readFileSync(runbooks, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    const wanted = [...new Set(rules.map(({ annotations }) => annotations.runbook.split('#')[1]))]
    expect(anchors).toEqual(expect.arrayContaining(wanted))
  })
})

describe('what Prometheus scrapes', () => {
  it('is every unit, where it tells its figures', () => {
    const { scrape_configs } = read('prometheus.yml') as {
      scrape_configs: { job_name: string; dns_sd_configs: { names: string[]; port: number }[] }[]
    }
    const scraped = scrape_configs.map(({ job_name, dns_sd_configs: [where] }) => ({
      name: job_name,
      at: `${where?.names.join()}:${where?.port}`,
    }))
    const told = units.map(({ name, healthPort }) => ({ name, at: `${name}:${healthPort}` }))
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)
    expect(scraped.sort(byName)).toEqual(told.sort(byName))
  })
})

describe('what Prometheus scrapes in a cluster', () => {
  it('is found by what the pods say of themselves', async () => {
    const { scrape_configs } = read('kubernetes.yml') as {
      scrape_configs: { relabel_configs: { source_labels: string[] }[] }[]
    }
    const { manifests } = await exportKubernetes({})
    const pods = manifests
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => (spec as { template: { metadata: Pod } }).template.metadata)
    for (const { labels, annotations } of pods) {
      const said = [
        ...Object.keys(labels).map((name) => `label_${name}`),
        ...Object.keys(annotations).map((name) => `annotation_${name}`),
      ].map((name) => `__meta_kubernetes_pod_${name.replace(/\W/g, '_')}`)
      const wanted = scrape_configs
        .flatMap(({ relabel_configs }) => relabel_configs.flatMap(({ source_labels }) => source_labels))
        .filter((name) => /_pod_(label|annotation)_/.test(name))
      expect(said).toEqual(expect.arrayContaining(wanted))
    }
  })
})

const promtool = process.env.PROMTOOL ?? ''
if (promtool === '') console.warn('PROMTOOL names no promtool: alerts are NOT CHECKED with it')

describe.skipIf(promtool === '')('promtool', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'agentctl-alerts-'))
  afterAll(() => rmSync(scratch, { recursive: true, force: true }))
  const run = (cwd: string, ...args: string[]) =>
    execFileSync(promtool, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  it('takes the configuration and the rules', () => {
    expect(run(folder, 'check', 'config', 'prometheus.yml')).toContain('SUCCESS')
    expect(run(folder, 'check', 'rules', 'alerts.yml')).toContain(`${rules.length} rules found`)
  })

  it('sees each alert of the tests fire when it should', () => {
    expect(run(folder, 'test', 'rules', 'alerts.test.yml')).toContain('SUCCESS')
  })

  it('sees a threshold that has moved', () => {
    cpSync(folder, scratch, { recursive: true })
    const path = join(scratch, 'alerts.yml')
    const moved = readFileSync(path, 'utf8').replace(
      'events_oldest_pending_seconds) > 300',
      'events_oldest_pending_seconds) > 3000',
    )
    writeFileSync(path, moved)
    expect(() => run(scratch, 'test', 'rules', 'alerts.test.yml')).toThrow(/OldestPending/)
  })
})
