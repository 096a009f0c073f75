import { Flags, type Interfaces } from '@oclif/core'
import type { z } from 'zod'
import type { Role } from '../runtime/kernel/index.ts'
import { BaseCommand } from './base-command.ts'
import { flagsOf } from './flags.ts'
import { resolveSettings } from './settings.ts'

const MAX_REPLICAS = 64

/** The flags of a role's subcommand: its options, and how many of it to run. */
export function roleFlags<S extends z.ZodObject>(role: Role<S>): Interfaces.FlagInput {
  return {
    ...flagsOf(role.options),
    replicas: Flags.integer({
      description: 'How many processes to run',
      default: 1,
      min: 1,
      max: MAX_REPLICAS,
      char: 'n',
    }),
  }
}

/** The subcommand of a role. */
export abstract class RoleCommand extends BaseCommand {
  static override enableJsonFlag = false

  /** Parses, and runs the role in this process or in several of its own until told to stop. */
  protected async runRole<S extends z.ZodObject>(role: Role<S>): Promise<void> {
    const { flags } = await this.parse(this.ctor)
    const { replicas, json: _, ...own } = flags as Record<string, unknown>
    const { values } = resolveSettings(role.options, own)
    const options = values as { drainTimeout: number; logLevel: string }
    const { runReplicas, runRole } = await import('./run-role.ts')
    const count = Number(replicas)
    const untyped = role as unknown as Role
    this.exit(await (count === 1 ? runRole(untyped, options) : runReplicas(untyped, count, own, options)))
  }
}
