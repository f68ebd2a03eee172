import { getColumns } from 'drizzle-orm'
import { entitytype, provider } from '../../../schema/retrovue/legacy.ts'
import { db, derive, legacy, restore, target } from './tables.ts'
import { asJsonb, labelOf, lower } from './values.ts'

/** What other systems call a title, an episode or an asset. */
export const providerDerives = [
  derive(target.providerRefs, ({ providerRefs: ref }, keys) =>
    db
      .select({
        ...getColumns(ref),
        entityType: lower(ref.entityType),
        provider: lower(ref.provider),
        raw: asJsonb(ref.raw),
      })
      .from(ref)
      .where(keys.match(ref)),
  ),
]

/** The same row again; of a provider that the old type does not know there is none. */
export const providerRestores = [
  restore(legacy.providerRefs, ({ providerRefs: ref }, keys) =>
    db
      .select({
        ...getColumns(ref),
        entityType: labelOf(ref.entityType, entitytype),
        provider: labelOf(ref.provider, provider),
      })
      .from(ref)
      .where(keys.match(ref)),
  ),
]
