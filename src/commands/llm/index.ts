import { RoleCommand, roleFlags } from '../../cli/role-command.ts'
import { llmRole } from '../../runtime/llm/llm.role.ts'

export default class Llm extends RoleCommand {
  static override summary = llmRole.summary
  static override examples = [...llmRole.examples]
  static override flags = roleFlags(llmRole)

  override run(): Promise<void> {
    return this.runRole(llmRole)
  }
}
