import { Queue, Worker } from 'bullmq'
import { Redis } from 'ioredis'
import { type Data, IN_FLIGHT, TYPE } from '../events.ts'
import type { Contender } from './contender.ts'

/** A queue and a worker as the guide has them; what is done is removed at once. */
export const bullmq: Contender = {
  async openPublisher(redisUrl) {
    const connection = new Redis(redisUrl)
    const queue = new Queue<Data>(TYPE, { connection, defaultJobOptions: { removeOnComplete: true } })
    await queue.waitUntilReady()
    return {
      publish: (data) => queue.add(TYPE, data),
      close: async () => {
        await queue.close()
        await connection.quit()
      },
    }
  },

  async openConsumer(redisUrl, handle) {
    const connection = new Redis(redisUrl, { maxRetriesPerRequest: null })
    const queue = new Queue(TYPE, { connection })
    const worker = new Worker<Data>(TYPE, async (job) => handle(job.data), {
      connection,
      concurrency: IN_FLIGHT,
    })
    worker.on('error', (error) => process.stderr.write(`${error.stack}\n`))
    await worker.waitUntilReady()
    return {
      async outstanding() {
        const counts = await queue.getJobCounts('wait', 'active', 'delayed', 'prioritized', 'failed')
        return Object.values(counts).reduce((sum, count) => sum + count, 0)
      },
      async close() {
        await worker.close()
        await queue.close()
        connection.disconnect()
      },
    }
  },
}
