import type { Check } from '../check.ts'
import { keys } from './data.ts'
import { exposure } from './exposure.ts'
import { disk, nodeVersion, openFiles, terminal } from './machine.ts'
import { ports } from './ports.ts'
import { postgres } from './postgres.ts'
import { queues } from './queues.ts'
import { buffers, clients, latency, memory } from './redis-load.ts'
import { clock, cluster, replication } from './redis-place.ts'
import { durability, eviction, reachable, version } from './redis-server.ts'
import { sandbox } from './sandbox.ts'
import { serve, stateFolder } from './serve.ts'
import { context, environment, projectFile, values } from './settings.ts'
import { deadLetters, groups, growth, silent } from './streams.ts'

/** Everything that is looked at. A new check is one line here. */
export const checks: readonly Check[] = [
  nodeVersion,
  disk,
  openFiles,
  terminal,
  projectFile,
  values,
  environment,
  exposure,
  context,
  stateFolder,
  serve,
  ports,
  reachable,
  version,
  durability,
  eviction,
  memory,
  latency,
  clients,
  buffers,
  replication,
  cluster,
  clock,
  keys,
  groups,
  growth,
  silent,
  deadLetters,
  queues,
  postgres,
  sandbox,
]
