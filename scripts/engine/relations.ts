import type { Bound, TargetTable } from './bound.ts'
import { references } from './constraints.ts'
import { contest } from './contest.ts'
import { settleReferences } from './references.ts'
import type { Scope } from './scope.ts'
import type { Executor } from './sql.ts'

/**
 * Settles what relates the staged rows to others. What a row refers to comes first: a row that must go for want of it, or
 * that gives up the reference, claims no unique value that it has by it.
 * @param isContested whether it is worth looking for rows that claim one value
 */
export async function settleRelations(
  db: Executor,
  bound: Bound,
  target: TargetTable,
  scope: Scope,
  isContested: () => Promise<boolean> = async () => true,
): Promise<void> {
  await settleReferences(db, bound, target, scope)
  if (!(await isContested())) return
  await contest(db, bound, target, scope)
  // a row that has lost may be one that others of the same table refer to
  if (references(target.table).some(({ parent }) => parent === target.table))
    await settleReferences(db, bound, target, scope)
}
