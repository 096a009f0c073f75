import { RoleCommand, roleFlags } from '../../cli/role-command.ts'
import { storageRole } from '../../runtime/storage/storage.role.ts'

export default class Storage extends RoleCommand {
  static override summary = storageRole.summary
  static override examples = [...storageRole.examples]
  static override flags = roleFlags(storageRole)

  override run(): Promise<void> {
    return this.runRole(storageRole)
  }
}
