import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Logger, messageOf } from '../kernel/index.ts'
import { sandboxError } from './errors.ts'
import type { BackendKind } from './messages.ts'
import type { ExecutorOptions } from './options.ts'
import type { Probe, Sandbox } from './sandbox.ts'

export interface OpenOptions
  extends Pick<
    ExecutorOptions,
    'backend' | 'dockerProxy' | 'dockerProxyToken' | 'pythonImage' | 'nodeImage' | 'sandboxDir'
  > {
  /** Name of this executor, such as `executor-1`. */
  owner: string
  log: Logger
}

interface Backend {
  kind: BackendKind
  /** @throws AgentctlError when it can never work with these options, or here */
  open(options: OpenOptions): Promise<Sandbox>
}

/** Every backend, the one that isolates best first. A new one is one line here. */
const backends: readonly Backend[] = [
  { kind: 'docker', open: openDocker },
  { kind: 'deno', open: openDeno },
]

async function openDocker(options: OpenOptions): Promise<Sandbox> {
  const { dockerProxy: host, dockerProxyToken: token, pythonImage, nodeImage, owner, log } = options
  const { createDockerClient } = await import('../platform/containers/index.ts')
  const { createDockerSandbox } = await import('./docker/index.ts')
  const docker = createDockerClient({ host, token })
  const images = { python: pythonImage, node: nodeImage }
  const sandbox = createDockerSandbox({ docker, images, owner, log })
  return {
    ...sandbox,
    async close() {
      await sandbox.close()
      docker.close()
    },
  }
}

async function openDeno({ sandboxDir, log }: OpenOptions): Promise<Sandbox> {
  const { createDenoSandbox, findDeno, findPyodide } = await import('./deno/index.ts')
  if (process.platform !== 'linux') {
    throw sandboxError('SANDBOX_MISSING', `programs cannot be watched on ${process.platform}, only on Linux`)
  }
  const deno = await findDeno()
  if (deno === undefined) throw sandboxError('SANDBOX_MISSING', 'deno is not installed')
  const root = sandboxDir ?? join(tmpdir(), `agentctl-sandbox-${process.getuid?.() ?? 0}`)
  return createDenoSandbox({ deno, pyodide: findPyodide(), root, log })
}

export interface Opened {
  sandbox: Sandbox
  probe: Probe
  /** Why this one and no better one; undefined when there is none better, or it was asked for. */
  why: string | undefined
}

/**
 * Opens the best sandbox that works now, or the one that was asked for. Programs are never run without one.
 * @throws AgentctlError SANDBOX_MISSING with the reason of each that does not work
 */
export async function openSandbox(options: OpenOptions): Promise<Opened> {
  const wanted = backends.filter(({ kind }) => options.backend === 'auto' || options.backend === kind)
  const reasons: string[] = []
  for (const { kind, open } of wanted) {
    const found = await tryOpen(() => open(options))
    if (typeof found !== 'string')
      return { ...found, why: reasons.length === 0 ? undefined : reasons.join('; ') }
    reasons.push(`${kind}: ${found}`)
  }
  throw sandboxError('SANDBOX_MISSING', reasons.join('; '), { field: 'backend' })
}

/** What works, or why it does not. */
async function tryOpen(open: () => Promise<Sandbox>): Promise<{ sandbox: Sandbox; probe: Probe } | string> {
  try {
    const sandbox = await open()
    const probe = await sandbox.probe()
    if (probe.ok && probe.languages.length > 0) return { sandbox, probe }
    await sandbox.close()
    return probe.why ?? 'it runs no language'
  } catch (error) {
    return messageOf(error)
  }
}
