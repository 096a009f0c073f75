import { readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { folders } from '../kernel/index.ts'
import { isAlive } from '../platform/process/index.ts'

/** What a running serve leaves in its state folder for the other commands. */
const runFile = z.object({
  pid: z.number(),
  socket: z.string(),
  redisUrl: z.string(),
  databaseUrl: z.string().optional(),
  gatewayUrl: z.string().optional(),
  campaignsUrl: z.string().optional(),
})

export type RunFile = z.output<typeof runFile>

const pathIn = (stateDir: string) => join(stateDir, 'serve.json')

/** In one step: who reads it meanwhile sees the one before. */
export async function writeRunFile(stateDir: string, content: RunFile): Promise<void> {
  const path = pathIn(stateDir)
  await writeFile(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

export async function removeRunFile(stateDir: string): Promise<void> {
  await rm(pathIn(stateDir), { force: true })
}

/** The serve that runs in this state folder (default: the project's), or undefined. */
export function runningServe(stateDir?: string): RunFile | undefined {
  const content = lastServe(folders(stateDir).state)
  return content && isAlive(content.pid) ? content : undefined
}

/** What the last serve of a folder has left, whether it still runs or not. */
export function lastServe(state: string): RunFile | undefined {
  try {
    return runFile.parse(JSON.parse(readFileSync(pathIn(state), 'utf8')))
  } catch {
    return undefined
  }
}

/** Resolves once a process is gone. */
export async function hasEnded(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((again) => setTimeout(again, 50))
}
