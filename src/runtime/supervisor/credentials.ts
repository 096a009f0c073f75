import { z } from 'zod'
import { credentialSettings } from '../campaigns/index.ts'
import { type Layers, readProjectFile, resolveConfig } from '../kernel/index.ts'

export interface Credentials {
  username: string
  /** Whether somebody has chosen the password, in the environment or the project file. */
  isPasswordChosen: boolean
}

/**
 * Who may use the services that serve starts, as their processes will read it.
 * @throws AgentctlError CONFIG_INVALID
 */
export function credentialsOf(
  layers: Layers = { env: process.env, file: readProjectFile(process.cwd()) },
): Credentials {
  const { values, sources } = resolveConfig(z.object(credentialSettings), layers)
  return { username: values.apiUsername, isPasswordChosen: sources.apiPassword?.source !== 'default' }
}
