import { RoleCommand, roleFlags } from '../../cli/role-command.ts'
import { orchestratorRole } from '../../runtime/orchestrator/orchestrator.role.ts'

export default class Orchestrator extends RoleCommand {
  static override summary = orchestratorRole.summary
  static override examples = [...orchestratorRole.examples]
  static override flags = roleFlags(orchestratorRole)

  override run(): Promise<void> {
    return this.runRole(orchestratorRole)
  }
}
