import { type ErrorTable, errorsOf } from '../../kernel/index.ts'

export const containersErrors = {
  DOCKER_HOST_INVALID: {
    kind: 'usage',
    title: 'The address of the Docker engine cannot be used',
    fix: 'Set DOCKER_HOST to unix:///PATH or tcp://HOST:PORT.',
  },
  DOCKER_UNREACHABLE: {
    kind: 'unavailable',
    title: 'No Docker engine answers',
    fix: 'Start Docker, or set DOCKER_HOST to where it listens; the user must be in the group "docker".',
  },
  DOCKER_REFUSED: {
    kind: 'upstream',
    title: 'The Docker engine refused a request',
    fix: 'Read what it says in the detail; its log may say more.',
  },
} as const satisfies ErrorTable

export const containersError = errorsOf(containersErrors)
