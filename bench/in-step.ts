import type { Connection } from '../scripts/database/connect.ts'
import type { Context } from '../scripts/engine/context.ts'
import { verify } from '../scripts/engine/verify.ts'
import { silent } from '../scripts/report.ts'
import { atp } from '../scripts/systems/atp/index.ts'
import { type Database, withConnection } from './server.ts'

export const contextOf = (connection: Connection): Context => ({
  system: atp,
  connection,
  report: silent,
  signal: new AbortController().signal,
})

/** What was measured counts only if both shapes still say the same after all that was written. */
export const requireInStep = (database: Database): Promise<void> =>
  withConnection(database, async (_, connection) => {
    const { identical, differences } = await verify(contextOf(connection), { show: 5 })
    if (!identical)
      throw new Error(`the shapes differ in ${differences} rows after the writes: their time does not count`)
  })
