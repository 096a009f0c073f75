import { openVectorStore } from '../../../src/runtime/platform/vectors/index.ts'
import { silent } from '../../support/redis.ts'

// Replaces documents until it is killed, or as often as it is told: sqlite-writer.child.ts FILE NAME [TIMES]
const [path = '', name = '', times = 'Infinity'] = process.argv.slice(2)
const store = await openVectorStore({ path, log: silent })
for (let i = 0; i < Number(times); i++) {
  const chunks = Array.from({ length: 20 }, (_, n) => ({
    text: `${name} ${i} ${n}`,
    vector: Float32Array.from({ length: 8 }, (_, axis) => (axis === n % 8 ? 1 : 0)),
  }))
  await store.put('docs', 8, { id: `${name}-${i % 3}`, hash: String(i), metadata: { i }, chunks })
  process.stdout.write(`${i}\n`)
}
await store.close()
