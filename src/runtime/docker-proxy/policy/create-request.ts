import {
  ALLOWED,
  COMMANDS,
  type ImageName,
  LABELS,
  MAX_DEADLINE,
  USER,
  VARIABLES,
  WORKING_DIR,
} from '../contract.ts'
import { refused } from '../errors.ts'
import { withTag } from '../image-name.ts'
import { amount, checkFields, type Field, fixed, isEmpty, readCpuLimit, readTmp } from './fields.ts'
import { isObject, parseStrict } from './strict-json.ts'

/** What of a container is for its caller to say. */
export interface ContainerRequest {
  image: ImageName
  env: readonly string[]
  labels: { eval: string; owner: string; deadline: number }
  memory: number
  nanoCpus: number
  pids: number
  /** Bytes of /tmp. */
  tmp: number
  cpuSeconds: number
  openFiles: number
  init: boolean
}

/** The names of the images that may be used, with their tags. */
export type AllowedImages = Readonly<Record<ImageName, string>>

const MAX_VARIABLES = 32
const MAX_VARIABLE = 4_096

/** Fields of the body that are ours to set: they may be said, but not otherwise. */
const FIELDS: Readonly<Record<string, Field>> = {
  AttachStdin: fixed(true),
  AttachStdout: fixed(true),
  AttachStderr: fixed(true),
  OpenStdin: fixed(true),
  StdinOnce: fixed(true),
  NetworkDisabled: fixed(true),
  User: fixed(USER, '65534', 'nobody'),
  WorkingDir: fixed(WORKING_DIR),
  StopSignal: fixed('SIGKILL', 'KILL'),
}
const READ = ['Image', 'Cmd', 'Env', 'Labels', 'HostConfig']

const HOST_FIELDS: Readonly<Record<string, Field>> = {
  NetworkMode: fixed('none'),
  ReadonlyRootfs: fixed(true),
  CapDrop: fixed(['ALL']),
  SecurityOpt: fixed(['no-new-privileges'], ['no-new-privileges:true']),
  IpcMode: fixed('none'),
  CgroupnsMode: fixed('private'),
  LogConfig: fixed({ Type: 'none' }, { Type: 'none', Config: {} }),
  RestartPolicy: fixed({ Name: 'no' }, { Name: 'no', MaximumRetryCount: 0 }),
}
const HOST_READ = ['Memory', 'MemorySwap', 'NanoCpus', 'PidsLimit', 'Ulimits', 'Tmpfs', 'Init']

/**
 * Reads the body of `POST /containers/create`. Numbers are brought within their limits; whatever else is asked for
 * that the sandbox does not have is refused by name.
 * @param now milliseconds since 1970
 * @throws AgentctlError DOCKER_PROXY_REFUSED
 */
export function readCreateRequest(text: string, images: AllowedImages, now: number): ContainerRequest {
  const body = parseStrict(text, 'the body')
  checkFields(body, FIELDS, READ, '')
  const host = body.HostConfig ?? {}
  if (!isObject(host)) throw refused('HostConfig is not an object')
  checkFields(host, HOST_FIELDS, HOST_READ, 'HostConfig.')
  const image = readImage(body.Image, images)
  readCommand(body.Cmd, image)
  const memory = amount(host.Memory, ALLOWED.memory, 'HostConfig.Memory')
  readSwap(host.MemorySwap, host.Memory)
  return {
    image,
    env: readEnvironment(body.Env),
    labels: readLabels(body.Labels, now),
    memory,
    nanoCpus: amount(host.NanoCpus, ALLOWED.nanoCpus, 'HostConfig.NanoCpus'),
    pids: amount(host.PidsLimit, ALLOWED.pids, 'HostConfig.PidsLimit'),
    tmp: readTmp(host.Tmpfs),
    ...readCpuLimit(host.Ulimits),
    init: readInit(host.Init),
  }
}

function readImage(value: unknown, images: AllowedImages): ImageName {
  const names = Object.keys(images) as ImageName[]
  const found = names.find((name) => typeof value === 'string' && withTag(value) === images[name])
  if (found === undefined) throw refused(`the image is none of ${Object.values(images).join(', ')}`)
  return found
}

function readCommand(value: unknown, image: ImageName): void {
  if (isEmpty(value) || JSON.stringify(value) === JSON.stringify(COMMANDS[image])) return
  throw refused(`Cmd may only be ${JSON.stringify(COMMANDS[image])}`)
}

function readEnvironment(value: unknown): readonly string[] {
  if (isEmpty(value)) return []
  if (!Array.isArray(value) || value.length > MAX_VARIABLES) {
    throw refused(`Env is not a list of at most ${MAX_VARIABLES}`)
  }
  return value.map((variable: unknown) => {
    const name = typeof variable === 'string' ? (variable.split('=')[0] ?? '') : ''
    const bad = typeof variable !== 'string' || !variable.includes('=') || variable.includes('\0')
    if (bad || !VARIABLES.test(name)) throw refused(`the variable "${name}" in Env is not allowed`)
    if (variable.length > MAX_VARIABLE) throw refused(`the variable "${name}" in Env is too long`)
    return variable
  })
}

function readLabels(value: unknown, now: number): ContainerRequest['labels'] {
  if (!isObject(value)) throw refused('Labels are missing')
  const known: readonly string[] = Object.values(LABELS)
  const unknown = Object.keys(value).find((label) => !known.includes(label))
  if (unknown !== undefined) throw refused(`the label "${unknown}" is not allowed`)
  const deadline = Number(textOf(value, LABELS.deadline, /^\d{1,15}$/))
  if (deadline <= now) throw refused(`the label "${LABELS.deadline}" is in the past`)
  return {
    eval: textOf(value, LABELS.eval, /^[A-Za-z0-9_-]{1,64}$/),
    owner: textOf(value, LABELS.owner, /^[A-Za-z0-9._:@/-]{1,128}$/),
    deadline: Math.min(deadline, now + MAX_DEADLINE),
  }
}

function textOf(labels: Record<string, unknown>, label: string, allowed: RegExp): string {
  const value = labels[label]
  if (typeof value === 'string' && allowed.test(value)) return value
  throw refused(`the label "${label}" is missing or not as it must be`)
}

/** Swap is off: the two limits are one. */
function readSwap(swap: unknown, memory: unknown): void {
  if (isEmpty(swap) || swap === memory) return
  throw refused('HostConfig.MemorySwap may only be as much as HostConfig.Memory')
}

function readInit(value: unknown): boolean {
  if (isEmpty(value)) return false
  if (value === true) return true
  throw refused('HostConfig.Init is neither true nor false')
}
