import type { Pane } from '../pane.ts'
import { groups } from './groups.ts'
import { latency } from './latency.ts'
import { letters } from './letters.ts'
import { replicas } from './replicas.ts'
import { streams } from './streams.ts'

/** All that are tables, in the order of their tabs. */
export const panes: readonly Pane<unknown>[] = [streams, groups, replicas, latency, letters]
