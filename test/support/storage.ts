import type { Facts } from '../../src/runtime/evaluation/index.ts'

const AT = Date.parse('2026-11-21T12:00:00.000Z')
const at = (ms: number) => new Date(AT + ms).toISOString()

/** What is reported in the life of one evaluation that needed two attempts. */
export function lifeOf(eval_id: string, index = 0): Facts[] {
  return [
    {
      ...{
        eval_id,
        seq: 1,
        status: 'queued',
        language: 'python',
        code: `print(${index})`,
        args: ['a b', 'ü"'],
      },
      limits: { wall_ms: 10_000, cpu_ms: 5_000, memory_mb: 128, output_bytes: 65_536, pids: 64 },
      ...{ priority: 'normal', stdin_bytes: 3, queued_at: at(index) },
    },
    { eval_id, seq: 2, status: 'running', started_at: at(index + 10), attempts: 1, worker: 'worker-1' },
    { eval_id, seq: 4, status: 'running', started_at: at(index + 20), attempts: 2, worker: 'worker-2' },
    {
      ...{
        eval_id,
        seq: 1_000,
        status: 'completed',
        finished_at: at(index + 30),
        attempts: 2,
        backend: 'deno',
      },
      ...{ executor: 'http://127.0.0.1:1', reason: null, detail: null, exit_code: 0, signal: null },
      ...{ stdout: `${index}\n`, stderr: '', truncated: false, oom_seen: false, duration_ms: 12.5 },
    },
  ]
}
