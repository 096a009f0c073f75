import { describe } from 'vitest'
import { testEveryCapability } from '../../support/every-capability.ts'
import { startReplicatedCluster } from '../../support/topologies.ts'

describe('on a cluster of three primaries', () => {
  testEveryCapability(() => startReplicatedCluster('agent:stream:order.placed', 1))
})
