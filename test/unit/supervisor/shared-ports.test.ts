import { describe, expect, it } from 'vitest'
import { createSharedPorts } from '../../../src/runtime/supervisor/shared-ports.ts'

/** Ports of which some are in use by others. */
function setUp(taken: readonly number[] = []) {
  const held = new Set<number>()
  let next = 50_000
  const ports = createSharedPorts((host, wanted) => {
    const port = wanted === 0 ? next++ : wanted
    if (taken.includes(port)) return undefined
    held.add(port)
    return { fd: port, host, port, close: () => held.delete(port) }
  })
  return { ports, held }
}

describe('shared ports', () => {
  it('are the same for the processes of one replica, until the last of them has ended', () => {
    const { ports, held } = setUp()
    const old = ports.borrow('gateway-1', '127.0.0.1', [8000])
    const successor = ports.borrow('gateway-1', '127.0.0.1', [8000])
    expect([old?.port, successor?.port, successor?.fd]).toEqual([8000, 8000, 8000])
    old?.release()
    expect([ports.has('gateway-1'), [...held]]).toEqual([true, [8000]])
    successor?.release()
    expect([ports.has('gateway-1'), [...held]]).toEqual([false, []])
  })

  it('are of one replica each, and anybody else cannot give them back', () => {
    const { ports, held } = setUp()
    const first = ports.borrow('llm-1', '127.0.0.1', [0])
    first?.release()
    const second = ports.borrow('llm-1', '127.0.0.1', [0])
    const other = ports.borrow('llm-2', '127.0.0.1', [0])
    first?.release()
    expect([...held]).toEqual([second?.port, other?.port])
  })

  it('are the first that is free; none where all are in use', () => {
    const { ports } = setUp([8000, 8001])
    expect(ports.borrow('llm-1', '127.0.0.1', [8001, 0])?.port).toBe(50_000)
    expect(ports.borrow('gateway-1', '127.0.0.1', [8000])).toBeUndefined()
    expect(ports.has('gateway-1')).toBe(false)
  })
})
