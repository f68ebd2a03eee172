import { type SQL, sql } from 'drizzle-orm'
import { complement, quarantine, targetComplement } from '../../../schema/ledger.ts'
import type { Bound, TargetTable } from '../bound.ts'
import { orRecordAnew } from '../quarantine.ts'
import { list } from '../sql.ts'
import { aside, asides, families, moved, native, own, parts, whole, withheld } from './variables.ts'

/** The quarantine says of the table's rows of the families what was just found, and nothing else. */
export const setAside = (bound: Bound, { relation }: TargetTable): SQL => sql`
    with found as (
      select distinct on (key, constraint_name) *
      from jsonb_to_recordset(${asides}) as a(key text, family text, constraint_name text, sqlstate text, scope text,
        reason text, held jsonb)),
    forgotten as (
      delete from ${quarantine} as q
      where q.system = ${bound.system.name}
        and q.relation = ${relation}
        and q.family = any (${families})
        and not (${native} and q.scope = 'family')
        and not exists (select from found as f where f.key = q.key and f.constraint_name = q.constraint_name))
    insert into ${quarantine} as q (system, relation, key, family, scope, constraint_name, sqlstate, reason, held)
    select ${bound.system.name}, ${relation}, key, family, scope, constraint_name, sqlstate, reason, held
    from found
    ${orRecordAnew}
    where (q.family, q.scope, q.sqlstate, q.reason, q.held)
      is distinct from (excluded.family, excluded.scope, excluded.sqlstate, excluded.reason, excluded.held)`

/** The families are set aside whole, for the reason that `withheld` says. */
export const setFamiliesAside = (bound: Bound): SQL => sql`
    insert into ${quarantine} (system, relation, key, family, scope, constraint_name, sqlstate, reason)
    select ${bound.system.name}, coalesce((
        select known
        from unnest(array[${list(bound.target.map(({ relation }) => sql`${relation}::text`))}]) as known
        where known = ${withheld} ->> 'relation'), ${bound.target[0]?.relation ?? ''}::text),
      family, family, 'family', ${withheld} ->> 'constraint', ${withheld} ->> 'sqlstate', ${withheld} ->> 'reason'
    from unnest(${families}) as family
    ${orRecordAnew}`

/**
 * Whether anything is set aside of the families, the target's own, or kept as a whole legacy row; whether what is own
 * may have put a row under another family than the one that answers for it, and whether it is parts of rows alone.
 */
export const whatIsNoted = (bound: Bound): SQL => sql`
    select
      exists (select from ${quarantine} as q where q.system = ${bound.system.name} and q.family = any (${families})),
      coalesce(d.rows, 0) > 0,
      coalesce(d.moved, false),
      exists (
        select from ${complement} as k
        where k.system = ${bound.system.name}
          and k.family = any (${families})
          and k.kind = 'whole'),
      coalesce(d.parts, true)
    from (
      select count(*) as rows, bool_or(d.family <> d.target_family) as moved, bool_and(${isOwnPart}) as parts
      from ${targetComplement} as d
      where d.system = ${bound.system.name}
        and (d.family = any (${families}) or d.target_family = any (${families}))) as d
    into ${aside}, ${own}, ${moved}, ${whole}, ${parts}`

/** Whether what is own is a part of a row that is carried, and of the family that answers for it. */
const isOwnPart = sql`d.kind = 'part' and d.family = d.target_family and not d.derived ? '#mark'`

/** Whether anything is set aside of one family, or something of it is the target's own that is more than a part of a row. */
export const isNoted = (bound: Bound, family: SQL): SQL => sql`(
            exists (select from ${quarantine} as q where q.system = ${bound.system.name} and q.family = ${family})
            or exists (
              select
              from ${targetComplement} as d
              where d.system = ${bound.system.name}
                and (d.family = ${family} or d.target_family = ${family})
                and not (${isOwnPart})))`
