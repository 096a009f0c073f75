import type {
  Action,
  ActionPlan,
  DashboardSource,
  GroupDetail,
  Offer,
  Snapshot,
  StreamDetail,
  Target,
} from '../../src/runtime/dashboard/index.ts'

type DeadLetter = Awaited<ReturnType<DashboardSource['letters']>>[number]
type LogLine = ReturnType<DashboardSource['logs']['lines']>[number]

/** A source of the dashboard that does what its test says, and remembers what the screen asked of it. */
export interface TestDashboard extends DashboardSource {
  /** In order, such as `pause true`, `interval 2000`, `run restart worker-1`. */
  readonly asked: string[]
  show(snapshot: Snapshot): void
  log(...lines: LogLine[]): void
  close(): Promise<void>
}

export interface TestDashboardOptions {
  readOnly?: boolean
  attached?: boolean
  streams?: Readonly<Record<string, StreamDetail>>
  groups?: Readonly<Record<string, GroupDetail>>
  letters?: Readonly<Record<string, readonly DeadLetter[]>>
  /** Why no logs can be read. */
  unknownLogs?: string | null
  plan?(action: Action): ActionPlan
  run?(action: Action): Promise<string>
}

export function createTestDashboard(first?: Snapshot, options: TestDashboardOptions = {}): TestDashboard {
  let current = first
  let lines: readonly LogLine[] = []
  const asked: string[] = []
  const watching = new Set<() => void>()
  const reading = new Set<() => void>()
  return {
    asked,
    readOnly: options.readOnly ?? false,
    attached: options.attached ?? false,
    snapshot: () => current,
    subscribe: (listener) => registered(watching, listener),
    show(snapshot) {
      current = snapshot
      for (const listener of [...watching]) listener()
    },
    log(...more) {
      lines = [...lines, ...more]
      for (const listener of [...reading]) listener()
    },
    refresh: () => void asked.push('refresh'),
    setInterval: (ms) => void asked.push(`interval ${ms}`),
    setPaused: (paused) => void asked.push(`pause ${paused}`),
    logs: {
      lines: () => lines,
      subscribe: (listener) => registered(reading, listener),
      unknown: () => options.unknownLogs ?? null,
    },
    stream: async (key) => found(options.streams?.[key], `no stream ${key}`),
    entry: async (stream, id) => options.streams?.[stream]?.entries.find((entry) => entry.id === id) ?? null,
    group: async (stream, group) => found(options.groups?.[`${stream} ${group}`], `no group ${group}`),
    letters: async (type) => options.letters?.[type] ?? [],
    offers: (target) => (options.readOnly ? [] : offersFor(target)),
    async plan(action) {
      asked.push(`plan ${described(action)}`)
      return options.plan?.(action) ?? { what: `Do ${described(action)}`, warnings: [], typed: null }
    },
    async run(action) {
      asked.push(`run ${described(action)}`)
      return (await options.run?.(action)) ?? `Did ${described(action)}`
    },
    async close() {
      asked.push('close')
    },
  }
}

function registered(listeners: Set<() => void>, listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function found<T>(value: T | undefined, otherwise: string): T {
  if (value === undefined) throw new Error(otherwise)
  return value
}

function described(action: Action): string {
  if (action.kind === 'restart') return `restart ${action.target}`
  if (action.kind === 'scale') return `scale ${action.role}=${action.replicas}`
  return `${action.kind} ${action.type}`
}

function offersFor(target: Target): Offer[] {
  if (target.kind === 'replica') {
    return [
      { action: { kind: 'restart', target: target.name }, title: `Restart ${target.name}` },
      { action: { kind: 'restart', target: target.role }, title: `Restart all of ${target.role}` },
    ]
  }
  if (target.kind === 'role') {
    return [-1, 1].map((by) => ({
      action: { kind: 'scale', role: target.role, replicas: target.replicas + by },
      title: `Scale ${target.role} to ${target.replicas + by}`,
    }))
  }
  const ids = target.kind === 'letter' ? [target.id] : ('all' as const)
  return [
    { action: { kind: 'retry-letters', type: target.type, ids }, title: 'Retry' },
    { action: { kind: 'purge-letters', type: target.type }, title: `Purge ${target.type}` },
  ]
}
