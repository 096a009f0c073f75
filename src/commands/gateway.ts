import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { gatewayRole } from '../runtime/gateway/gateway.role.ts'

export default class Gateway extends RoleCommand {
  static override summary = gatewayRole.summary
  static override examples = [...gatewayRole.examples]
  static override flags = roleFlags(gatewayRole)

  override run(): Promise<void> {
    return this.runRole(gatewayRole)
  }
}
