import { sql } from 'drizzle-orm'
import { definition } from '../../../schema/ledger.ts'
import { Refusal } from '../../errors.ts'
import { rows } from '../preflight/look.ts'
import type { Executor } from '../sql.ts'
import type { System } from '../system.ts'

interface Made {
  place: number
  name: string
  statement: string
  /** What depends on it, as the server describes it. */
  user: string | null
}

/**
 * Drops the types that the steps have noted as made by them, and forgets them. A type that was there before was not
 * noted, and stays.
 * @param options.used what to do about a type that something still depends on
 * @throws Refusal where one is still used and that is refused
 */
export async function dropTypes(tx: Executor, { name }: System, { used }: { used: 'keep' | 'refuse' }): Promise<void> {
  const made = await rows<Made>(
    tx,
    sql`
      select d.place, d.name, d.statement, (
          select pg_describe_object(u.classid, u.objid, u.objsubid)
          from pg_type as t
          join pg_depend as u on u.refclassid = 'pg_type'::regclass and u.refobjid in (t.oid, t.typarray)
          where t.oid = to_regtype(d.name)
            and u.deptype in ('n', 'a')
          limit 1) as "user"
      from ${definition} as d
      where d.system = ${name}
        and d.kind = 'type'
      order by d.place`,
  )
  for (const { place, name: type, statement, user } of made) {
    if (user !== null && used === 'keep') continue
    if (user !== null) {
      throw new Refusal(
        'something depends on a type that the steps have made',
        { type, 'used by': user },
        'drop or change it, then start the same command again',
      )
    }
    await tx.execute(sql.raw(statement))
    await tx.execute(sql`delete from ${definition} where system = ${name} and place = ${place}`)
  }
}
