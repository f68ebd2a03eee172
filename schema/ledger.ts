import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  customType,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  snakeCase,
  text,
  timestamp,
  unique,
} from 'drizzle-orm/pg-core'

/** Sluice's own schema: where a migration is, what its target cannot hold, and what was proven. */
export const sluice = snakeCase.schema('sluice')

/** Microseconds survive only as text: a JavaScript Date ends at milliseconds. */
const moment = () => timestamp({ withTimezone: true, mode: 'string' })

/** A transaction's number that never wraps. */
const xid8 = customType<{ data: string }>({ dataType: () => 'xid8' })

/** The phases of a migration, in the order of its life. */
export const phases = ['legacy', 'expanded', 'syncing', 'verified', 'contracted'] as const

/** One row a system: its phase, and the legacy shape that was found. */
export const migration = sluice.table(
  'migration',
  {
    system: text().notNull(),
    phase: text({ enum: phases }).notNull(),
    shape: jsonb().$type<unknown>(),
    startedAt: moment().notNull().defaultNow(),
    changedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'migration_pkey', columns: [table.system] }),
    check('migration_phase_check', sql`${table.phase} in ('legacy', 'expanded', 'syncing', 'verified', 'contracted')`),
  ],
)

/** A range of families, how far its copy is, and what it carried. */
export const shard = sluice.table(
  'shard',
  {
    system: text().notNull(),
    number: integer().notNull(),
    lowerBound: text(),
    upperBound: text(),
    position: text(),
    families: bigint({ mode: 'number' }).notNull().default(0),
    rows: bigint({ mode: 'number' }).notNull().default(0),
    finished: boolean().notNull().default(false),
    changedAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: 'shard_pkey', columns: [table.system, table.number] })],
)

/** What restoring a legacy row from the target does not give back. */
export const complement = sluice.table(
  'complement',
  {
    system: text().notNull(),
    relation: text().notNull(),
    key: text().notNull(),
    ordinal: integer().notNull().default(1),
    family: text().notNull(),
    kind: text({ enum: ['part', 'whole', 'absent'] }).notNull(),
    kept: jsonb().$type<Record<string, string | null>>().notNull(),
  },
  (table) => [
    primaryKey({ name: 'complement_pkey', columns: [table.system, table.relation, table.key, table.ordinal] }),
    check('complement_kind_check', sql`${table.kind} in ('part', 'whole', 'absent')`),
    index('idx_complement_system_family').on(table.system, table.family),
  ],
)

/**
 * What the target's own applications wrote and deriving from the legacy does not give: a row's columns that differ, a
 * row that no derive yields, or one that is gone though it is derived; beside it, what derive gave then.
 */
export const targetComplement = sluice.table(
  'target_complement',
  {
    system: text().notNull(),
    relation: text().notNull(),
    key: text().notNull(),
    /** The family that answers for the row, and the one under which it is found in the target. */
    family: text().notNull(),
    targetFamily: text().notNull(),
    kind: text({ enum: ['part', 'whole', 'absent'] }).notNull(),
    kept: jsonb().$type<Record<string, string | null>>().notNull(),
    derived: jsonb().$type<Record<string, string | null>>().notNull().default({}),
  },
  (table) => [
    primaryKey({ name: 'target_complement_pkey', columns: [table.system, table.relation, table.key] }),
    check('target_complement_kind_check', sql`${table.kind} in ('part', 'whole', 'absent')`),
    index('idx_target_complement_system_family').on(table.system, table.family),
    index('idx_target_complement_system_target_family').on(table.system, table.targetFamily),
  ],
)

/**
 * The families that were carried since both shapes are kept in step. A family's row is its lock, and holds the last
 * transaction that touched it: a snapshot from before that cannot update it and ends in a serialization failure.
 */
export const family = sluice.table(
  'family',
  {
    system: text().notNull(),
    family: text().notNull(),
    touchedBy: xid8().notNull(),
  },
  (table) => [primaryKey({ name: 'family_pkey', columns: [table.system, table.family] })],
)

/** What the target's constraints refused, and why. */
export const quarantine = sluice.table(
  'quarantine',
  {
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    system: text().notNull(),
    relation: text().notNull(),
    key: text().notNull(),
    family: text().notNull(),
    scope: text({ enum: ['family', 'row', 'value'] }).notNull(),
    constraintName: text().notNull(),
    sqlstate: text().notNull(),
    reason: text().notNull(),
    held: jsonb().$type<Record<string, string | null>>().notNull().default({}),
    recordedAt: moment().notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ name: 'quarantine_pkey', columns: [table.id] }),
    unique('quarantine_system_relation_key_constraint_name_key').on(
      table.system,
      table.relation,
      table.key,
      table.constraintName,
    ),
    check('quarantine_scope_check', sql`${table.scope} in ('family', 'row', 'value')`),
    check('quarantine_sqlstate_check', sql`length(${table.sqlstate}) = 5`),
    index('idx_quarantine_system_family').on(table.system, table.family),
    // who waits for a value, when its holder lets it go
    index('idx_quarantine_constraint_name_held').on(table.constraintName, table.held),
  ],
)

/** One row a proof: whether legacy and target were identical, and what it counted. */
export const proof = sluice.table(
  'proof',
  {
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    system: text().notNull(),
    identical: boolean().notNull(),
    differences: bigint({ mode: 'number' }).notNull(),
    tables: jsonb().$type<unknown>().notNull(),
    seconds: doublePrecision().notNull(),
    provenAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: 'proof_pkey', columns: [table.id] })],
)

/**
 * What it takes to undo what a step did, in order: the legacy shape as it was live when it was dropped, one statement a
 * row, and what else a step changed outside of the target.
 */
export const definition = sluice.table(
  'definition',
  {
    system: text().notNull(),
    place: integer().notNull(),
    kind: text().notNull(),
    name: text().notNull(),
    statement: text().notNull(),
    refused: text(),
  },
  (table) => [primaryKey({ name: 'definition_pkey', columns: [table.system, table.place] })],
)

/** What the legacy shape could not hold when it was rebuilt. Outlives the rest of the ledger. */
export const archive = sluice.table(
  'archive',
  {
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
    system: text().notNull(),
    relation: text().notNull(),
    key: text().notNull(),
    row: jsonb().$type<Record<string, string | null>>().notNull(),
    reason: text().notNull(),
    archivedAt: moment().notNull().defaultNow(),
  },
  (table) => [primaryKey({ name: 'archive_pkey', columns: [table.id] })],
)
