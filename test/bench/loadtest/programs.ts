import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Percentiles } from './stalls.ts'
import type { Speed, Window } from './tester.child.ts'

/** A load tester that is no package: where it is, and what its output says. */
export interface Program {
  name: 'wrk' | 'hey'
  file: string
}

/** Those that are on the PATH, or where the environment says. */
export function findPrograms(): Program[] {
  return (['wrk', 'hey'] as const).flatMap((name) => {
    const given = process.env[`BENCH_${name.toUpperCase()}`]
    const files = given
      ? [given]
      : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
    const file = files.find(isExecutable)
    return file === undefined ? [] : [{ name, file }]
  })
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export async function measureProgram({ name, file }: Program, window: Window): Promise<Speed> {
  const { url, connections, seconds } = window
  const args =
    name === 'wrk'
      ? ['-t1', `-c${connections}`, `-d${seconds}`, url]
      : ['-c', `${connections}`, '-z', `${seconds}s`, '-cpus', '1', url]
  const { output, cpu } = await run(file, args)
  const rate = Number(/Requests\/sec:\s*([\d.]+)/.exec(output)?.[1])
  const failed = name === 'wrk' ? Number(/Non-2xx[^:]*:\s*(\d+)/.exec(output)?.[1] ?? 0) : 0
  return { rate, cpu: (cpu * 1e6) / (rate * seconds), failed }
}

/** hey with so many requests a second in all, over ten connections. */
export async function heyTruth(file: string, url: string, rate: number, ms: number): Promise<Percentiles> {
  const { output } = await run(file, ['-c', '10', '-q', `${rate / 10}`, '-z', `${ms / 1_000}s`, url])
  const at = (percent: string) =>
    1_000 * Number(new RegExp(`^\\s*${percent}%+ in ([\\d.]+)`, 'm').exec(output)?.[1])
  return { p50: at('50'), p95: at('95'), p99: at('99'), p999: Number.NaN }
}

/** Seconds of processor time are told by the shell, which is the parent of the program. */
async function run(file: string, args: readonly string[]): Promise<{ output: string; cpu: number }> {
  const child = spawn('/bin/sh', ['-c', '"$@"; times', 'sh', file, ...args], { stdio: ['ignore', 'pipe', 2] })
  let output = ''
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    output += part
  })
  const status = await new Promise((resolve) => child.once('close', resolve))
  if (status !== 0) throw new Error(`${file} failed with exit code ${status}`)
  const times = [...output.matchAll(/(\d+)m([\d.]+)s/g)].slice(-2)
  return {
    output,
    cpu: times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0),
  }
}
