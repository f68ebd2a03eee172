import { getColumns } from 'drizzle-orm'
import { type PgTable, QueryBuilder } from 'drizzle-orm/pg-core'
import type { Keys } from '../../scripts/engine/family.ts'
import type { System, Tables, Transform } from '../../scripts/engine/system.ts'

const builder = new QueryBuilder()

/**
 * A system whose legacy and target are one table each with the same columns, and whose derive is a plain copy.
 * @param family the column that makes a row's family
 * @param restored the query that yields the legacy rows again, of the target table as it gets it
 */
export function oneTable<Table extends PgTable>(
  name: string,
  { old, fresh }: { old: PgTable; fresh: Table },
  family: string,
  restored: (fresh: Table, keys: Keys) => unknown,
): System {
  const copied = ({ old }: Tables, keys: Keys) =>
    builder
      .select(getColumns(old as PgTable))
      .from(old as PgTable)
      .where(keys.match(old as PgTable))
  const restore = (target: Tables, keys: Keys) => restored(target.fresh as Table, keys)
  return {
    name,
    legacy: { old },
    target: { fresh },
    family: { old: [family], fresh: [family] },
    derive: [{ table: fresh, query: copied } as unknown as Transform],
    restore: [{ table: old, query: restore } as unknown as Transform],
  }
}
