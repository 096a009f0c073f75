/** What compose puts a value in for: the variable where it is set to something, else what follows. */
export function choice(name: string, otherwise: string | number): string {
  return `$\{${name}:-${otherwise}}`
}

/** A port of a container, open to this machine alone unless an address is chosen; the port, too, can be. */
export function openPort(service: string, port: number): string {
  return `${choice('AGENTCTL_BIND', '127.0.0.1')}:${choice(`${service.toUpperCase()}_PORT`, port)}:${port}`
}
