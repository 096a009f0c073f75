import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { agentsRole } from '../runtime/agents/agents.role.ts'

export default class Agents extends RoleCommand {
  static override summary = agentsRole.summary
  static override examples = [...agentsRole.examples]
  static override flags = roleFlags(agentsRole)

  override run(): Promise<void> {
    return this.runRole(agentsRole)
  }
}
