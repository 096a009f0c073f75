import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { messageOf, shellWord } from '../../kernel/index.ts'
import { lastServe, type ReplicaSnapshot, runningServe, type ServeStatus } from '../../supervisor/index.ts'
import { type Check, fail, info, ok, type Remark, warn } from '../check.ts'

export const stateFolder: Check = {
  name: 'state-folder',
  area: 'serve',
  title: 'the state folder',
  async run({ stateDir }) {
    const found = await stat(stateDir).catch(() => undefined)
    if (!found) return [ok(`${stateDir} is made by the first \`agentctl serve\``)]
    const why = '`agentctl serve` keeps its data there, and cannot start.'
    if (!found.isDirectory())
      return [fail(`${stateDir} is no folder`, why, `Move it away, or name another one with --state-dir`)]
    const writable = await access(stateDir, constants.W_OK | constants.X_OK).then(
      () => true,
      () => false,
    )
    if (writable) return [ok(`State folder ${stateDir}`)]
    return [fail(`${stateDir} cannot be written to`, why, `\`sudo chown -R $USER ${shellWord(stateDir)}\``)]
  },
}

export const serve: Check = {
  name: 'serve',
  area: 'serve',
  title: 'the serve that runs here',
  async run({ stateDir, version, serve: ask }) {
    const running = runningServe(stateDir)
    if (!running) return [judgeAbsence(stateDir, lastServe(stateDir)?.pid)]
    try {
      const status = await ask()
      return status ? judgeServe(status, version) : []
    } catch (error) {
      return [
        fail(
          `serve runs as process ${running.pid}, and does not answer: ${messageOf(error)}`,
          '`ps`, `logs`, `scale` and `down` cannot reach it.',
          `End it with \`kill ${running.pid}\`, then start it again with \`agentctl serve\``,
        ),
      ]
    }
  },
}

/** @param pid of a serve that has left its run file behind */
export function judgeAbsence(stateDir: string, pid: number | undefined): Remark {
  if (pid === undefined) return ok('No serve runs here')
  return info(
    `The last serve of ${stateDir} (process ${pid}) was ended without a chance to tidy up`,
    'Nothing of it runs any more; the next one takes over what it has left.',
    '`agentctl serve`',
  )
}

export function judgeServe(status: ServeStatus, version: string): Remark[] {
  const { replicas } = status
  const bad = replicas.flatMap(judgeReplica)
  const remarks =
    bad.length > 0 ? bad : [ok(`serve runs as process ${status.pid}: ${replicas.length} replicas are ready`)]
  if (status.version !== version)
    remarks.push(
      warn(
        `serve is of version ${status.version}, this program of ${version}`,
        'They may not understand each other.',
        '`agentctl down`, then `agentctl serve`',
      ),
    )
  if (status.data === 'ephemeral')
    remarks.push(
      info(
        'serve keeps no data',
        'All of it is gone when serve stops.',
        '`agentctl serve` without --ephemeral keeps it',
      ),
    )
  return remarks
}

const GONE = new Set(['failed', 'crashloop'])
const UNWELL = new Set(['unhealthy', 'backoff'])

function judgeReplica({ name, role, state, failure, last_exit: exit, restarts }: ReplicaSnapshot): Remark[] {
  const reason =
    failure?.detail ??
    (exit === null ? '' : exit.signal === null ? `exit code ${exit.code}` : `killed by ${exit.signal}`)
  const because = reason === '' ? '' : `: ${reason}`
  const fix = failure?.fix || `\`agentctl logs ${name}\` says why`
  if (GONE.has(state))
    return [fail(`${name} is in state ${state}${because}`, `${role} has one replica less.`, fix)]
  if (UNWELL.has(state))
    return [
      warn(
        `${name} is in state ${state}, after ${restarts} restarts${because}`,
        'It may not come back.',
        fix,
      ),
    ]
  return []
}
