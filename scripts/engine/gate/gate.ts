import type { SQL, SQLWrapper } from 'drizzle-orm'
import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../../database/connect.ts'

/**
 * The end of one phase of a restructuring that grows in several: what its steps are, and the checklist that must hold
 * before the steps of the next phase may be applied.
 */
export interface Gate {
  /** How people call the phase: a number, mostly. */
  name: string
  about: string
  /** The steps of the phase in `drizzle/`, without their times. Steps that no phase names go with the first. */
  steps: readonly string[]
  /** The tables that the phase makes. They must be as declared, but for what the steps of later phases add. */
  tables: readonly PgTable[]
  /** What must not be found before the steps of the phase are applied. */
  before?: readonly Condition[]
  /** What must not be found from then on. */
  after?: readonly Condition[]
  /** Writes that are tried, in order, in a transaction that is undone. Anew each time, for they carry keys. */
  examples?: () => readonly Example[]
  /** What the applications ask: each must be planned, and by an index where one is named. */
  queries?: readonly Asked[]
}

/** One query, of which every row is something wrong, described in its first column. */
export interface Condition {
  /** What holds where nothing is found. */
  what: string
  wrong: SQL
  /** What a person does about it. */
  remedy?: string
  /** Asked only where these tables exist. */
  of?: readonly PgTable[]
}

/** A write that the database must take, or must refuse. */
export interface Example {
  what: string
  write(db: Database): PromiseLike<unknown>
  refused?: { sqlstate: string; constraint?: string }
}

/** A query of an application. */
export interface Asked {
  what: string
  query: SQLWrapper
  /** The index that it must be able to use, or one of several; without any it must only be valid. */
  index?: string | readonly string[]
}

/** One line of a checklist. */
export interface Checked {
  kind: 'table' | 'rows' | 'example' | 'query'
  what: string
  held: boolean
  /** What was found instead, where it does not hold. */
  found?: string
}

/** A gate and what became of it; of a phase that is not applied nothing is checked. */
export interface Passed {
  gate: string
  about: string
  applied: boolean
  held: boolean
  checks: Checked[]
}

/** One line of a checklist, held where nothing was found. */
export const checked = (kind: Checked['kind'], what: string, found: readonly string[]): Checked => ({
  kind,
  what,
  held: found.length === 0,
  ...(found.length ? { found: found.join('; ') } : {}),
})
