import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { workerRole } from '../runtime/worker/worker.role.ts'

export default class Worker extends RoleCommand {
  static override summary = workerRole.summary
  static override examples = [...workerRole.examples]
  static override flags = roleFlags(workerRole)

  override run(): Promise<void> {
    return this.runRole(workerRole)
  }
}
