/** One applied version: what Flyway would have run. */
export interface Step {
  version: number
  description: string
  sql: string
  /** Constraints and indexes that the version creates with its table; built after the load, which is much faster. */
  keys?: string
}
