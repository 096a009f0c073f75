import { RoleCommand, roleFlags } from '../cli/role-command.ts'
import { dockerProxyRole } from '../runtime/docker-proxy/docker-proxy.role.ts'

export default class DockerProxy extends RoleCommand {
  static override summary = dockerProxyRole.summary
  static override examples = [...dockerProxyRole.examples]
  static override flags = roleFlags(dockerProxyRole)

  override run(): Promise<void> {
    return this.runRole(dockerProxyRole)
  }
}
