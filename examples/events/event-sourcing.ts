// Keeps the balances of accounts as events, and works them out again from their history. Run it with
//   npx agentctl serve            in another terminal, or set REDIS_URL
//   node examples/events/event-sourcing.ts
import { randomUUID } from 'node:crypto'
import { createEventBus } from 'agentctl/bus'

interface Movement {
  account: string
  amount: number
}

const bus = createEventBus()
const account = `account-${randomUUID()}`

for (const amount of [100, -30, 5]) {
  await bus.publish('account.moved', { account, amount } satisfies Movement)
  console.log(`moved ${amount}`)
}
const { events } = await bus.history('account.moved', { limit: 1, order: 'desc' })
const middle = events[0]?.entryId ?? ''
await bus.publish('account.moved', { account, amount: 1_000 } satisfies Movement)
console.log('moved 1000')

/** The balance after the event at a place, or after all of them. */
async function balance(to?: string): Promise<number> {
  let sum = 0
  // Events come in order, one after the other; no consumer group notices.
  await bus.replay<Movement>('account.moved', {
    ...(to === undefined ? {} : { to }),
    handler(movement) {
      if (movement.account === account) sum += movement.amount
    },
  })
  return sum
}

console.log(`the balance is ${await balance()}`)
console.log(`before the last movement it was ${await balance(middle)}`)
await bus.close()
