import { Box, render, Text, useApp, useInput } from 'ink'
import { useEffect, useState } from 'react'
import type { ReplicaSnapshot, ServeStatus } from '../runtime/supervisor/index.ts'
import { STATE_COLORS } from './theme.ts'

/** Milliseconds between two looks. */
const INTERVAL = 1_000

/** Shows the replicas of a serve until `q` is pressed; says so while the serve does not answer. */
export async function watchReplicas(read: () => Promise<ServeStatus>): Promise<void> {
  await render(<ReplicaWatch read={read} />).waitUntilExit()
}

export function ReplicaWatch({ read }: { read: () => Promise<ServeStatus> }) {
  const { exit } = useApp()
  const { status, away } = useStatus(read)
  useInput((key) => {
    if (key === 'q') exit()
  })
  if (!status) return <Text dimColor>{away ? 'No answer from serve.' : 'Reading …'}</Text>
  return (
    <Box flexDirection="column">
      <Text bold>
        agentctl {status.version} · process {status.pid}
        {away ? <Text color="red"> · no answer, showing the last state</Text> : null}
      </Text>
      {status.replicas.map((replica) => (
        <ReplicaRow key={replica.name} replica={replica} />
      ))}
      {(status.autoscale ?? []).map(({ role, min, max, active, reason }) => (
        <Text key={role} dimColor>
          {role} {active ? `${min}..${max}` : 'by hand'}: {reason}
        </Text>
      ))}
      <Text dimColor>q quit</Text>
    </Box>
  )
}

function ReplicaRow({ replica }: { replica: ReplicaSnapshot }) {
  const memory = replica.rss === null ? '' : `${Math.round(replica.rss / 1024 / 1024)} MB`
  return (
    <Box gap={2}>
      <Box width={14}>
        <Text>{replica.name}</Text>
      </Box>
      <Box width={10}>
        <Text color={STATE_COLORS[replica.state]}>{replica.state}</Text>
      </Box>
      <Box width={8}>
        <Text>{replica.pid ?? '-'}</Text>
      </Box>
      <Box width={8}>
        <Text>{memory}</Text>
      </Box>
      <Text dimColor>{replica.restarts > 0 ? `${replica.restarts} restarts` : ''}</Text>
    </Box>
  )
}

function useStatus(read: () => Promise<ServeStatus>) {
  const [state, setState] = useState<{ status?: ServeStatus; away: boolean }>({ away: false })
  useEffect(() => {
    let timer: NodeJS.Timeout
    let mounted = true
    const look = async () => {
      const status = await read().catch(() => undefined)
      if (!mounted) return
      setState((before) => (status ? { status, away: false } : { ...before, away: true }))
      timer = setTimeout(look, INTERVAL)
    }
    void look()
    return () => {
      mounted = false
      clearTimeout(timer)
    }
  }, [read])
  return state
}
