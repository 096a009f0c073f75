// Publishes three events, one of them twice, and shows what is in the stream then. Run it with
//   npx agentctl serve            in another terminal, or set REDIS_URL
//   node examples/events/publisher.ts
import { createEventBus } from 'agentctl/bus'

const bus = createEventBus()

const id = await bus.publish('task.created', { task_id: 'task-1', priority: 'high' })
console.log(`published task-1 as event ${id}`)

// With an id of your own a repeat, such as after a lost answer, is stored once.
for (const attempt of [1, 2]) {
  const { eventId, duplicate } = await bus.send(
    'task.created',
    { task_id: 'task-2' },
    { eventId: `import-${id}` },
  )
  console.log(`attempt ${attempt}: ${eventId} ${duplicate ? 'was there already' : 'is new'}`)
}

// The standard types have schemas; `agentctl event schema` lists them.
try {
  await bus.publish('task.created', { priority: 'urgent' })
} catch (error) {
  console.log(`refused: ${(error as Error).message}`)
}

const { events } = await bus.history('task.created', { limit: 2, order: 'desc' })
for (const event of events.reverse())
  console.log(`in the stream: ${event.entryId} ${JSON.stringify(event.data)}`)

await bus.close()
