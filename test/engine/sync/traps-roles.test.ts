import { expect } from 'vitest'
import { one, run } from '../migration.ts'
import { asApplication, codeOf, expectInStep, living, media, training, values } from './alive.ts'

const test = living()

test('a role that may write only a legacy table fires the sync, and gains nothing by it', async ({ database }) => {
  for (const text of [media('a', 1), training(1)]) await run(database, text)
  await asApplication(database, async (session) => {
    await session`set role rear_diff`
    await session`update training set label = 'would_not_watch' where label = 'would_watch'`
    for (const text of ['select from sluice.family', 'select from sluice.complement', 'delete from sluice.quarantine'])
      expect(await codeOf(session.unsafe(text)), text).toBe('42501')
  })
  expect(await values(database, 'select label::text from atp.media_metadata')).toEqual(['would_not_watch'])
  await run(database, 'grant usage on schema sluice to rear_diff')
  expect(
    await values(
      database,
      `select oid::regprocedure::text
       from pg_proc
       where pronamespace = 'sluice'::regnamespace
         and has_function_privilege('rear_diff', oid, 'execute')
         and (prosecdef or prorettype <> 'trigger'::regtype)`,
    ),
  ).toEqual([])
  expect(
    await values(
      database,
      `select oid::regclass::text
       from pg_class
       where relnamespace = 'sluice'::regnamespace
         and relkind in ('r', 'v')
         and (has_any_column_privilege('rear_diff', oid, 'select, insert, update') or has_table_privilege('rear_diff', oid, 'delete, truncate, trigger'))`.replace(
        "relkind in ('r', 'v', 'S')",
        "relkind in ('r', 'v')",
      ),
    ),
  ).toEqual([])
  await expectInStep(database)
})

test('a hostile search_path and hostile temporary objects are never looked at', async ({ database }) => {
  for (const text of [media('a', 1), training(1)]) await run(database, text)
  const url = new URL(database.url).pathname.slice(1)
  await run(
    database,
    `create schema hostile; grant all on schema hostile to rear_diff; grant temporary on database "${url}" to rear_diff`,
  )
  await asApplication(database, async (session) => {
    await session`set role rear_diff`
    await session.unsafe(`
      create table hostile.caught (as_whom text);
      grant insert on hostile.caught to public;
      create function hostile.catch(text, text) returns boolean language plpgsql as $$
      begin
        insert into hostile.caught values (current_user);
        return true;
      end $$;
      create function hostile.current_setting(text, boolean) returns text language plpgsql as $$
      begin
        insert into hostile.caught values (current_user);
        return 'on';
      end $$;
      create function hostile.set_updated_at() returns trigger language plpgsql as $$
      begin
        insert into hostile.caught values (current_user);
        return new;
      end $$;
      create operator hostile.= (leftarg = text, rightarg = text, function = hostile.catch);
      create operator hostile.<> (leftarg = text, rightarg = text, function = hostile.catch);
      create table hostile.media (like atp.media);
      create table hostile.training (like atp.training);
      create table hostile.family (system text, family text, touched_by xid8);
      create temporary table media (like atp.media);
      create temporary table media_metadata (hash text);
      create temporary table downloads (hash text);
      create temporary table complement (system text);
      create domain pg_temp.text as pg_catalog.text check (false);
      create domain pg_temp.label_type as pg_catalog.text check (false);
      set search_path to hostile, pg_temp, atp, pg_catalog;
      update atp.media set rejection_status = 'override';
      update atp.training set label = 'would_not_watch', human_labeled = true`)
  })
  expect(await one(database, `select count(*)::int from hostile.caught where as_whom <> 'rear_diff'`)).toBe(0)
  expect(await values(database, 'select rejection_status::text from atp.downloads')).toEqual(['override'])
  expect(await values(database, 'select label::text from atp.media_metadata')).toEqual(['would_not_watch'])
  await expectInStep(database)
})

test('a trigger function of ours cannot be put on a table of somebody else', async ({ database }) => {
  await run(
    database,
    'create schema hostile; grant all on schema hostile to rear_diff; grant usage on schema sluice to rear_diff',
  )
  const watches = await values(
    database,
    `select oid::regproc::text from pg_proc where pronamespace = 'sluice'::regnamespace and prosecdef`,
  )
  expect(watches).toHaveLength(7)
  await asApplication(database, async (session) => {
    await session`set role rear_diff`
    await session`create table hostile.mine (hash char(40))`
    for (const watch of watches)
      expect(
        await codeOf(
          session.unsafe(
            `create trigger mine after truncate on hostile.mine for each statement execute function ${watch}()`,
          ),
        ),
      ).toBe('42501')
  })
})
