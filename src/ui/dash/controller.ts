import type { DashboardSource, PaneName } from '../../runtime/dashboard/index.ts'
import { createSceneMaker, type Parts, type Scene } from './content.ts'
import { type Model, NOTHING_LOADED, type Size } from './model.ts'
import { createPerform, reasonOf } from './perform.ts'
import { isLoaded, loadDetail, sourceKey } from './references.ts'
import { settled } from './state/dialog.ts'
import type { Intent, Outcome } from './state/intent.ts'
import { intentOf } from './state/keys.ts'
import { reduce } from './state/reduce.ts'
import { initialState, modeOf } from './state/state.ts'
import type { Stroke } from './state/strokes.ts'

/** Time, as the screen sees it. */
export interface ScreenClock {
  now(): number
  /** Calls `tick` every so many milliseconds; returns how to end that. */
  every(ms: number, tick: () => void): () => void
}

export interface ControllerOptions {
  source: DashboardSource
  parts: Parts
  clock: ScreenClock
  size: Size
  pane?: PaneName | undefined
  /** Called once the screen is to be closed: by q, or by Ctrl-C. */
  onEnd(how: 'quit' | 'stop'): void
  onRedraw(): void
}

/** Holds what the screen is drawn from: keys, samples and sizes come in, scenes come out. */
export interface Controller {
  /** The same object until something changes. */
  scene(): Scene
  subscribe(listener: () => void): () => void
  press(strokes: readonly Stroke[]): void
  /** A text that was pasted: it is typed where text is asked for, and has no meaning elsewhere. */
  paste(strokes: readonly Stroke[]): void
  resize(size: Size): void
  close(): void
}

/** Log lines may come by the thousand: they are shown so often, in milliseconds. */
const LOGS_EVERY = 250
const SECOND = 1_000

export function createController(options: ControllerOptions): Controller {
  const { source, clock } = options
  const sceneOf = createSceneMaker(options.parts)
  const listeners = new Set<() => void>()
  const perform = createPerform({ ...options, settle })
  let model = firstModel(options)
  let scene = sceneOf(model)
  let heard = false
  let underWay: string | undefined
  let closed = false

  function show(changed: Partial<Model>): void {
    if (closed) return
    model = { ...model, ...changed, now: clock.now() }
    scene = sceneOf(model)
    for (const listener of [...listeners]) listener()
  }

  function settle(outcome: Outcome): void {
    show({ state: settled(model.state, outcome, clock.now()) })
  }

  function intend(intent: Intent): void {
    const { state, effects } = reduce(model.state, intent, scene.view)
    if (state !== model.state) show({ state })
    for (const effect of effects) perform(effect)
    if (intent.do === 'refresh' || state.details.length > 0) load(intent.do === 'refresh')
  }

  /** Reads what the innermost detail needs, unless it is there; `again` reads it anew and keeps what there is. */
  function load(again: boolean): void {
    const reference = model.state.details.at(-1)?.reference
    if (!reference || !isLoaded(reference)) return
    const key = sourceKey(reference)
    const isNew = model.loading.key !== key
    if (!isNew && (!again || underWay === key)) return
    underWay = key
    if (isNew) show({ loading: { ...NOTHING_LOADED, key } })
    const done = (change: Partial<Model['loading']>) => {
      if (underWay === key) underWay = undefined
      if (model.loading.key === key) show({ loading: { ...model.loading, ...change } })
    }
    loadDetail(reference, source).then(
      (loaded) => done({ loaded, error: null }),
      (error: unknown) => done({ error: reasonOf(error) }),
    )
  }

  function press(strokes: readonly Stroke[]): void {
    for (const stroke of strokes) {
      const intent = intentOf(stroke, modeOf(model.state))
      if (intent) intend(intent)
    }
  }

  const ends = [
    source.subscribe(() => {
      const snapshot = source.snapshot()
      const isFirst = model.snapshot === undefined && snapshot !== undefined
      const state = isFirst ? { ...model.state, interval: snapshot.interval_ms } : model.state
      show({ snapshot, state })
      load(true)
    }),
    source.logs.subscribe(() => {
      heard = true
    }),
    clock.every(LOGS_EVERY, () => {
      if (!heard) return
      heard = false
      const changed = { logs: source.logs.lines(), logsUnknown: source.logs.unknown() }
      if (showsLogs(model)) show(changed)
      else model = { ...model, ...changed }
    }),
    // The clock and the age of the sample: with a sample every second, they are drawn together.
    clock.every(SECOND, () => {
      if (clock.now() - model.now >= SECOND - LOGS_EVERY) show({ logsUnknown: source.logs.unknown() })
    }),
  ]

  return {
    scene: () => scene,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    press,
    paste(strokes) {
      const mode = modeOf(model.state)
      const isText = mode === 'filter' || mode === 'typing'
      if (isText) return press(strokes.filter((stroke) => 'text' in stroke))
      settleNotice('What is pasted means nothing here. Press / first to look for it.')
    },
    resize: (size) => show({ size }),
    close() {
      closed = true
      for (const end of ends) end()
    },
  }

  function settleNotice(text: string): void {
    show({ state: { ...model.state, notice: { text, tone: 'warn', at: clock.now() } } })
  }
}

function firstModel({ source, clock, size, pane }: ControllerOptions): Model {
  const snapshot = source.snapshot()
  return {
    state: initialState(pane, snapshot?.interval_ms),
    snapshot,
    logs: source.logs.lines(),
    logsUnknown: source.logs.unknown(),
    loading: NOTHING_LOADED,
    now: clock.now(),
    size,
    readOnly: source.readOnly,
    attached: source.attached,
  }
}

function showsLogs({ state }: Model): boolean {
  const detail = state.details.at(-1)
  return detail ? detail.reference.kind === 'replica' : state.pane === 'logs'
}
