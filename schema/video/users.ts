import { boolean, foreignKey, index, primaryKey, uniqueIndex, uuid, varchar } from 'drizzle-orm/pg-core'
import { malls, tenants } from './malls.ts'
import { bare, id, video } from './parts.ts'

export const userrole = video.enum('userrole', ['MALL_OPERATOR', 'TENANT_MANAGER', 'TENANT_VIEWER'])

/** One row somebody who may log in. */
export const users = video.table(
  'users',
  {
    id: id(),
    email: varchar({ length: 255 }).notNull(),
    username: varchar({ length: 100 }).notNull(),
    passwordHash: varchar({ length: 255 }).notNull(),
    role: userrole().notNull(),
    isActive: boolean().notNull(),
    mallId: uuid(),
    tenantId: uuid(),
    createdAt: bare().notNull(),
    lastLogin: bare(),
  },
  (table) => [
    primaryKey({ name: 'users_pkey', columns: [table.id] }),
    foreignKey({ name: 'users_mall_id_fkey', columns: [table.mallId], foreignColumns: [malls.id] }).onDelete('cascade'),
    foreignKey({ name: 'users_tenant_id_fkey', columns: [table.tenantId], foreignColumns: [tenants.id] }).onDelete(
      'set null',
    ),
    uniqueIndex('ix_users_email').on(table.email),
    uniqueIndex('ix_users_username').on(table.username),
    index('ix_users_mall_id').on(table.mallId),
  ],
)
