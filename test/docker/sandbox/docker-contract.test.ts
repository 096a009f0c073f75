import { afterAll, beforeAll, describe } from 'vitest'
import { sandboxContract } from '../../contracts/sandbox.ts'
import { type DockerScene, NOT_WARM, openDockerScene } from '../../support/docker-sandbox.ts'
import { engineHost } from '../../support/engine.ts'

const host = await engineHost()
const STANDING = { python: 2, node: 1 }

describe.skipIf(host === undefined).each([
  { name: 'docker', listens: 'socket', warm: STANDING, standing: 3, hostile: true },
  { name: 'docker, cold', listens: 'port', warm: NOT_WARM, standing: 0, hostile: false },
] as const)('$name', ({ listens, warm, standing, hostile }) => {
  let scene: DockerScene
  let sandboxes = 0
  beforeAll(async () => {
    scene = await openDockerScene(host as string, listens)
  })
  afterAll(() => scene?.close())

  // One name: in the report of hostile programs they are the same.
  sandboxContract('docker', {
    languages: ['python', 'javascript', 'typescript'],
    hostile,
    async open() {
      const owner = `contract-${process.pid}-${++sandboxes}`
      const sandbox = scene.open({ owner, warm })
      await sandbox.probe()
      return {
        sandbox,
        programsLeft: () => scene.left(owner, standing),
        close: () => sandbox.close(),
      }
    },
  })
})
