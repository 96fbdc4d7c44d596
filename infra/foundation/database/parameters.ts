/** The version that AWS supports longest of PostgreSQL 17: only fixes come, at least three years. */
export const ENGINE_VERSION = '17.7';
export const PARAMETER_FAMILY = 'aurora-postgresql17';

type Parameter = { name: string; value: string; applyMethod: 'immediate' | 'pending-reboot' };

/** What differs from Aurora's defaults, or would be unsafe if a default changed. */
export const PARAMETERS: readonly Parameter[] = [
  // A client that does not speak TLS is refused.
  { name: 'rds.force_ssl', value: '1', applyMethod: 'immediate' },
  { name: 'ssl_min_protocol_version', value: 'TLSv1.2', applyMethod: 'immediate' },
  // Changes of schemas and roles are logged; the values of statements are not.
  { name: 'log_statement', value: 'ddl', applyMethod: 'immediate' },
  { name: 'log_min_duration_statement', value: '1000', applyMethod: 'immediate' },
  { name: 'log_parameter_max_length', value: '0', applyMethod: 'immediate' },
  { name: 'log_connections', value: '1', applyMethod: 'immediate' },
  { name: 'log_disconnections', value: '1', applyMethod: 'immediate' },
  { name: 'log_lock_waits', value: '1', applyMethod: 'immediate' },
  // A session that forgot its transaction keeps dead rows, and the commit horizon, for ever.
  { name: 'idle_in_transaction_session_timeout', value: '300000', applyMethod: 'immediate' },
];
