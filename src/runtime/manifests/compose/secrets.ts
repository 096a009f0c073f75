import type { Secret, Unit, Variable } from '../unit.ts'
import { units } from '../units.ts'

/** Folder of each container that has a folder for each secret it may know. */
const FOLDER = '/secrets'

/** Waits until the secrets are made. */
export const SECRETS_MADE = { secrets: { condition: 'service_completed_successfully' } } as const

/** The file of a secret, in every container that has it. */
export function secretFile(secret: Secret): string {
  return `${FOLDER}/${secret}/value`
}

/** What a container must mount to see a secret, and nothing else can be seen by. */
export function secretMount(secret: Secret, mode: 'ro' | 'rw' = 'ro'): string {
  return `${secret}:${FOLDER}/${secret}${mode === 'ro' ? ':ro' : ''}`
}

export function secretsOf({ variables }: Pick<Unit, 'variables'>): Secret[] {
  return variables.flatMap((variable) => ('secret' in variable ? [variable.secret] : []))
}

/** Every secret, by the variable that it can be chosen with. */
const chosenBy = new Map(
  units
    .flatMap(({ variables }) => variables)
    .filter((variable): variable is Variable & { secret: Secret } => 'secret' in variable)
    .map(({ name, secret }) => [name, secret]),
)

export const secretNames: readonly Secret[] = [...chosenBy.values()]

/** Makes them before anything else starts, and is done. Its root may write to volumes that are new, and has no other right. */
export const secretsService = {
  restart: 'no',
  user: 'root',
  entrypoint: ['node', '/app/make-secrets.mjs', FOLDER],
  command: [...chosenBy].map(([variable, secret]) => `${secret}=${variable}`),
  environment: Object.fromEntries([...chosenBy.keys()].map((name) => [name, null])),
  network_mode: 'none',
  volumes: secretNames.map((secret) => secretMount(secret, 'rw')),
  mem_limit: '64m',
  healthcheck: { disable: true },
} as const
