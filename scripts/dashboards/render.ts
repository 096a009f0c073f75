import type { Dashboard, Panel } from './panels.ts'

/** Of Grafana's 24 columns, and rows of about 30 pixels. */
const SIZE = { w: 8, h: 8 }
const COLUMNS = 24 / SIZE.w
const SOURCE = { type: 'prometheus', uid: 'prometheus' }

/** A dashboard as Grafana reads it from a file. */
export function renderDashboard({ uid, title, panels }: Dashboard): string {
  const model = {
    uid,
    title,
    tags: ['agentctl'],
    timezone: 'browser',
    schemaVersion: 39,
    editable: false,
    refresh: '15s',
    time: { from: 'now-1h', to: 'now' },
    links: [{ type: 'dashboards', title: 'agentctl', tags: ['agentctl'], asDropdown: true }],
    panels: panels.map(renderPanel),
  }
  return `${JSON.stringify(model, null, 2)}\n`
}

function renderPanel({ title, text, unit, lines }: Panel, index: number) {
  return {
    id: index + 1,
    type: 'timeseries',
    title,
    ...(text === undefined ? {} : { description: text }),
    datasource: SOURCE,
    gridPos: { ...SIZE, x: (index % COLUMNS) * SIZE.w, y: Math.floor(index / COLUMNS) * SIZE.h },
    fieldConfig: {
      defaults: { unit, min: 0, custom: { fillOpacity: 10, showPoints: 'never' } },
      overrides: [],
    },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: lines.map(([expr, legendFormat], line) => ({
      refId: String.fromCharCode(65 + line),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }
}
