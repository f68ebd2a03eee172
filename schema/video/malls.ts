import { foreignKey, index, jsonb, primaryKey, uuid, varchar } from 'drizzle-orm/pg-core'
import { bare, id, video } from './parts.ts'

/** One row a shopping mall, with its map. */
export const malls = video.table(
  'malls',
  {
    id: id(),
    name: varchar({ length: 255 }).notNull(),
    geojsonMap: jsonb(),
    createdAt: bare().notNull(),
    updatedAt: bare().notNull(),
  },
  (table) => [primaryKey({ name: 'malls_pkey', columns: [table.id] })],
)

/** One row somebody who rents. */
export const tenants = video.table(
  'tenants',
  {
    id: id(),
    mallId: uuid().notNull(),
    name: varchar({ length: 255 }).notNull(),
    contactEmail: varchar({ length: 255 }),
    status: varchar({ length: 20 }).notNull(),
    createdAt: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'tenants_pkey', columns: [table.id] }),
    foreignKey({ name: 'tenants_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    index('ix_tenants_mall_id').on(table.mallId),
  ],
)

/** One row a shop of a mall. */
export const stores = video.table(
  'stores',
  {
    id: id(),
    mallId: uuid().notNull(),
    name: varchar({ length: 255 }).notNull(),
    category: varchar({ length: 100 }),
    polygon: jsonb(),
    tenantId: uuid(),
    createdAt: bare().notNull(),
  },
  (table) => [
    primaryKey({ name: 'stores_pkey', columns: [table.id] }),
    foreignKey({ name: 'stores_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete(
      'cascade',
    ),
    foreignKey({ name: 'stores_tenant_id_fkey', columns: [table.tenantId], foreignColumns: [tenants.id] }).onDelete(
      'set null',
    ),
    index('ix_stores_mall_id').on(table.mallId),
    index('ix_stores_tenant_id').on(table.tenantId),
  ],
)
