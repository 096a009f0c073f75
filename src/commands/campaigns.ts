import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { campaignsRole } from '../runtime/campaigns/campaigns.role.ts'

export default class Campaigns extends RoleCommand {
  static override summary = campaignsRole.summary
  static override examples = [...campaignsRole.examples]
  static override flags = roleFlags(campaignsRole)

  override run(): Promise<void> {
    return this.runRole(campaignsRole)
  }
}
