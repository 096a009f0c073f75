/** What a sandbox made through the Docker proxy is called, labelled and made of; for the proxy and whoever calls it. */

/** Languages have an image each; TypeScript runs in that of Node. */
export const IMAGES = { python: 'agentctl-python', node: 'agentctl-node' } as const
export type ImageName = keyof typeof IMAGES

/** The only command each image is started with; the runners are in the images. */
export const COMMANDS: Readonly<Record<ImageName, readonly string[]>> = {
  python: ['python3', '-u', '/runner.py'],
  node: ['node', '/runner.mjs'],
}

/** Label of an image: the languages it runs, separated by commas. */
export const LANGUAGES_LABEL = 'agentctl.languages'

/** Labels of every container. */
export const LABELS = {
  /** Id of the evaluation, or `pool`. */
  eval: 'agentctl.eval',
  /** Milliseconds since 1970 after which the reaper takes it away. Required. */
  deadline: 'agentctl.deadline',
  /** Who had it made, such as `executor-1`. */
  owner: 'agentctl.owner',
} as const
/** Set by the proxy itself: which of its processes made the container. */
export const PROXY_LABEL = 'agentctl.proxy'

/** How far ahead a deadline may be, in milliseconds. */
export const MAX_DEADLINE = 10 * 60_000

/** User and group of every program: nobody. */
export const USER = '65534:65534'
export const WORKING_DIR = '/tmp'

/** Of each kind: without a request, and at most. Memory, /tmp in bytes; CPU in seconds. */
export const ALLOWED = {
  memory: { default: 128 * 2 ** 20, least: 16 * 2 ** 20, most: (512 + 128) * 2 ** 20 },
  nanoCpus: { default: 1e9, least: 1e7, most: 1e9 },
  pids: { default: 64, least: 1, most: 256 + 32 },
  tmp: { default: 16 * 2 ** 20, least: 2 ** 20, most: 64 * 2 ** 20 },
  cpuSeconds: { default: 31, least: 1, most: 31 },
  openFiles: { default: 128, least: 16, most: 128 },
} as const

/** Environment variables that may be given, by name or by beginning. */
export const VARIABLES = /^(HOME|LANG|LC_ALL|TZ|TMPDIR|PYTHON[A-Z]+|NODE_[A-Z_]+|AGENTCTL_[A-Z_]+)$/

/** Name of the container of an evaluation. */
export function evalContainer(evalId: string, attempt: number): string {
  return `agentctl-eval-${evalId}-${attempt}`
}

/** Name of a container that waits for an evaluation. `random`: 1 to 64 letters, digits, "_" and "-". */
export function poolContainer(random: string): string {
  return `agentctl-pool-${random}`
}

/** Names the proxy allows. */
export const CONTAINER_NAME = /^agentctl-(eval-[A-Za-z0-9_-]{1,64}-[1-9][0-9]{0,3}|pool-[A-Za-z0-9_-]{1,64})$/
