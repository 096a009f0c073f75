import { roles } from './roles.ts'

/** What `serve` runs under a name: a role, or a role with certain options. */
export interface Part {
  readonly name: string
  readonly role: string
  /** Command line flags that make this part of the role. */
  readonly args: readonly string[]
}

/** Parts that are no roles of their own: the stages of the RAG pipeline, in one process or in one each, and evaluations. */
const STAGES: readonly Part[] = [
  { name: 'rag', role: 'worker', args: ['--stage', 'encoder,retriever,generator'] },
  ...['encoder', 'retriever', 'generator'].map((stage) => ({
    name: stage,
    role: 'worker',
    args: ['--stage', stage],
  })),
  { name: 'eval', role: 'worker', args: ['--stage', 'evaluation'] },
]

/** Every part a plan of `serve` may name. */
export const parts: readonly Part[] = [
  ...roles.map(({ name }) => ({ name, role: name, args: [] })),
  ...STAGES,
]
