import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { whatIsNoted } from './aside.ts'
import { countNewAsCarried } from './first.ts'
import { lockedFamilies } from './locked.ts'
import { planForMany } from './many.ts'
import { requireTold } from './since.ts'
import { aside, fresh, more, moved, native, own, parts, whole } from './variables.ts'

/** Declares what is looked up. */
export const declaredLook: SQL = sql`${own} boolean := false;
  ${aside} boolean := false;
  ${whole} boolean := false;
  ${parts} boolean := true;
  ${moved} boolean := false`

/** Locks the families that were found, `more`, and looks up what is noted of all. Those of them that are new come to `fresh`. */
export const lockAndLook = (bound: Bound): SQL => sql`
        ${planForMany};
        with ${lockedFamilies(bound, sql`select distinct m from unnest(${more}) as m`)}
        select ${fresh} || coalesce(array_agg(family) filter (where is_new), '{}')
        into ${fresh}
        from locked;
        ${whatIsNoted(bound)};
        if ${fresh} <> '{}' then ${requireTold(bound)} end if;
        if ${native} and ${fresh} <> '{}' and not (${own} or ${aside} or ${whole}) then ${countNewAsCarried(bound)}; end if;`
