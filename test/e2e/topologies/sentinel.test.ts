import { describe } from 'vitest'
import { testEveryCapability } from '../../support/every-capability.ts'
import { startFailoverSentinel } from '../../support/topologies.ts'

describe('on a server with replicas that Sentinels watch', () => {
  testEveryCapability(startFailoverSentinel)
})
