export interface ServerSettingsOptions {
  port: number
  /** Need not survive the machine. */
  ephemeral: boolean
}

/**
 * How the embedded server is set up: reachable on loopback only, and small. About 20 MB when idle and some 3 MB for each
 * connection in use, where the defaults would take ten times that.
 */
export function serverSettings({ port, ephemeral }: ServerSettingsOptions): Readonly<Record<string, string>> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    // No socket in the file system: whoever could use it would be another user of this machine.
    unix_socket_directories: '',
    password_encryption: 'scram-sha-256',

    // The page cache of the system does the rest: the tables are small or read in order.
    shared_buffers: '16MB',
    max_connections: '50',
    work_mem: '4MB',
    maintenance_work_mem: '32MB',
    // Compiling a plan costs more memory than it saves time for our statements, as do parallel workers and those for I/O.
    jit: 'off',
    io_method: 'sync',
    max_worker_processes: '2',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    autovacuum_max_workers: '1',
    autovacuum_worker_slots: '1',
    // Nobody follows this server.
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_replication_slots: '0',
    max_logical_replication_workers: '0',
    min_wal_size: '32MB',
    max_wal_size: '256MB',
    wal_buffers: '1MB',
    dynamic_shared_memory_type: 'mmap',

    // What is committed is on disk; of an ephemeral server, with the system, so that it outlives a crash of the server.
    fsync: ephemeral ? 'off' : 'on',
    synchronous_commit: 'on',

    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Statements hold what users have sent: that does not belong in a log.
    log_min_error_statement: 'panic',
    log_min_messages: 'warning',
  }
}
