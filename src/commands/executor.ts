import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { executorRole } from '../runtime/sandbox/executor.role.ts'

export default class Executor extends RoleCommand {
  static override summary = executorRole.summary
  static override examples = [...executorRole.examples]
  static override flags = roleFlags(executorRole)

  override run(): Promise<void> {
    return this.runRole(executorRole)
  }
}
