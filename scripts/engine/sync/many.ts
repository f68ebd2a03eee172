import { type SQL, sql } from 'drizzle-orm'
import { targetComplement } from '../../../schema/ledger.ts'
import type { Bound } from '../bound.ts'
import { functionOf } from '../contract/text.ts'
import { isNoted } from './aside.ts'
import { families, fresh, native, noted, own, touched, variable, written } from './variables.ts'

/**
 * One statement of an application may touch many families. A plan that is made once for all reckons with ten elements of
 * an array and looks them through for each row; one that is made for the families at hand counts and hashes them, but to
 * make it takes longer than to settle a few. What one of many families needs besides is not done to all of them.
 */

/** From how many families on plans are made for them. */
const many = 500

/** From how many families on those are told apart that need more than the others. */
const some = 50

/** How many are settled at once: a statement has its families in dozens of places, and takes memory for each. */
const most = 10_000

export const areTooMany: SQL = sql`cardinality(${families}) > ${sql.raw(String(most))}`

/** How statements were planned before. */
const plans = variable('plans')

/** Declares it. */
export const usualPlans: SQL = sql`${plans} text := current_setting('plan_cache_mode')`

/** Has the statements that follow planned for the families at hand, where they are many. */
export const planForMany: SQL = sql`if cardinality(${families}) > ${sql.raw(String(many))} then
      perform set_config('plan_cache_mode', 'force_custom_plan', true);
    end if`

/** Has them planned as before. */
export const planAsUsual: SQL = sql`if current_setting('plan_cache_mode') <> ${plans} then
      perform set_config('plan_cache_mode', ${plans}, true);
    end if`

const areSome = sql`cardinality(${families}) > ${sql.raw(String(some))}`

/** What was touched before anything was brought over. */
const before = variable('touched before')

/** Remembers what was touched. */
export const rememberTouched = { declared: sql`${before} bigint`, set: sql`${before} := ${touched}` }

/** Settles some of the families by themselves. */
const settlePart = (bound: Bound, part: SQL, touching: SQL): SQL => sql`${planAsUsual};
          perform ${functionOf(bound.system, 'settle')}(${part}, ${touching}, ${native}, null, ${written})`

/** Does something to each half of the families, which are locked in their order, and ends. */
export const halves = (work: (half: SQL) => SQL): SQL => sql`
          ${families} := array(select f from unnest(${families}) as f order by f);
          ${work(sql`${families}[: cardinality(${families}) / 2]`)};
          ${work(sql`${families}[cardinality(${families}) / 2 + 1 :]`)};
          return;`

/** Settles each half of some families by itself, as if nothing had been done, and ends. */
const divided = (bound: Bound): SQL => halves((half) => settlePart(bound, half, before))

/** Settles families that could not be settled as they are in halves, where they are some, so that the fewest are settled whole. */
export const divide = (bound: Bound): SQL => sql`if ${areSome} then ${divided(bound)} end if`

/** Settles too many families in halves. */
export const divideTooMany = (bound: Bound): SQL => sql`if ${areTooMany} then
        ${rememberTouched.set};
        ${divided(bound)}
      end if`

/** Those of the families of which nothing is noted. */
const rest = variable('rest')

/**
 * Families of which something is noted, or that are new, are settled whole, and what is plain of the others afterwards: what
 * these turn out to be related with must have been carried by then.
 */
export const settleApart = {
  declared: sql`${rest} text[] := '{}'`,
  noted: (bound: Bound, everything: SQL): SQL => sql`
        ${noted} := array(
          select f
          from unnest(${families}) as f
          where f = any (${fresh}) or ${isNoted(bound, sql`f`)});
        if cardinality(${noted}) < cardinality(${families}) then
          ${rest} := array(select unnest(${families}) except select unnest(${noted}));
          ${rememberTouched.set};
          ${families} := ${noted};
          ${touched} := ${everything};
          ${planAsUsual};
          ${planForMany};
        end if;`,
  rest: (bound: Bound): SQL => sql`if ${rest} <> '{}' then ${settlePart(bound, rest, before)}; end if`,
}

/** Families in which parts of rows are the target's own are settled by themselves, where they are the fewer of some. */
export const settleOwn = (bound: Bound): SQL => sql`
        ${noted} := array(
          select distinct d.family
          from ${targetComplement} as d
          where d.system = ${bound.system.name}
            and d.family = any (${families}));
        if cardinality(${noted}) < cardinality(${families}) / 2 then
          ${settlePart(bound, noted, touched)};
          ${families} := array(select unnest(${families}) except select unnest(${noted}));
          ${own} := false;
          ${planForMany};
        end if;`

/** Whether it is worth looking for them. */
export const hasSomeOwn: SQL = sql`${own} and ${areSome}`
