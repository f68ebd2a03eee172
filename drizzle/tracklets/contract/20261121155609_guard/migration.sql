-- Nothing is dropped unless the proof holds now, and nothing of others depends on what is dropped. All steps of this stage
-- run in one transaction, so that what this one refuses leaves everything as it was, and the locks that it takes are
-- held until the tables are gone. Another system's guard differs in the names at its top.
do $guard$
declare
  own constant text := 'tracklets';
  legacy constant text := 'public.associations, public.tracklets';
  target constant text := 'tracklets.associations, tracklets.tracklets';
  place constant text := 'tracklets';
  attempts constant integer := 20;
  patience constant text := coalesce(nullif(current_setting('sluice.lock_timeout', true), ''), '300ms');
  sluice_lock constant integer := x'736c6365'::integer;
  relation text;
  statement text;
  rank integer;
  phase text;
  found text;
  strength text;
  attempt integer;
begin
  if to_regclass('sluice.migration') is null then
    raise exception '% has no target tables yet. Next: npm run migrate', own using errcode = 'SLUIC';
  end if;

  -- A snapshot from before the locks would not see what was written while they were waited for.
  if current_setting('transaction_isolation') <> 'read committed' then
    raise exception 'the contract needs transactions that are read committed. Next: leave default_transaction_isolation out of DATABASE_URL'
      using errcode = 'SLUIC';
  end if;

  if not pg_try_advisory_xact_lock(sluice_lock, hashtext(own)) then
    raise exception 'another Sluice is at work on %. Next: wait for it to end, then start the same command again', own
      using errcode = 'SLUIC';
  end if;

  select m.phase into phase from sluice.migration as m where m.system = own;
  if phase is distinct from 'verified' then
    raise exception '% is at phase %, not verified. Next: %', own, coalesce(phase, 'expanded'),
        case phase when 'syncing' then 'npm run copy, then npm run verify' else 'npm run sync, npm run copy and npm run verify' end
      using errcode = 'SLUIC';
  end if;

  if not coalesce((select p.identical from sluice.proof as p where p.system = own order by p.id desc limit 1), false) then
    raise exception 'the last proof of % was not identical. Next: npm run copy, then npm run verify', own
      using errcode = 'SLUIC';
  end if;

  -- The schema of the target goes when its tables have moved to where the old ones are.
  select string_agg(c.oid::regclass::text, ', ') into found
  from pg_class as c
  where c.relnamespace = to_regnamespace(place)
    and c.relkind not in ('i', 'I', 't', 'c')
    and not (c.oid = any (array(select to_regclass(name) from unnest(string_to_array(target, ', ')) as name)));
  if found is not null then
    raise exception 'the schema % goes, and has something else in it: %. Next: move it elsewhere, then start the same command again', place, found
      using errcode = 'SLUIC';
  end if;

  if exists (select from sluice.shard as s where s.system = own and not s.finished) then
    raise exception 'a copy of % is not finished. Next: npm run copy, then npm run verify', own using errcode = 'SLUIC';
  end if;

  select format('%s, which owns %s', pg_get_userbyid(dropped.owner), dropped.name) into found
  from (
    select c.relowner, name
    from unnest(string_to_array(legacy || ', ' || target, ', ')) as name
    join pg_class as c on c.oid = to_regclass(name)
    union all
    select p.proowner, p.oid::regprocedure::text
    from pg_proc as p
    where p.pronamespace = 'sluice'::regnamespace
      and (p.proname in (own || '_settle', own || '_forward', own || '_read_only')
        or starts_with(p.proname, own || '_watch_'))) as dropped (owner, name)
  where not pg_has_role(dropped.owner, 'usage')
  limit 1;
  if found is not null then
    raise exception '% may not drop what others own. Next: start the same command as %', current_user, found
      using errcode = 'SLUIC';
  end if;

  foreach relation in array array['differences', 'dependents', 'definitions'] loop
    if to_regprocedure(format('sluice.%I()', own || '_' || relation)) is null then
      raise exception 'the last proof of % has left nothing to prove it with again. Next: npm run verify', own
        using errcode = 'SLUIC';
    end if;
    if not has_function_privilege(format('sluice.%I()', own || '_' || relation), 'execute') then
      raise exception '% may not run the last proof of % again. Next: npm run verify, as the role that runs this',
        current_user, own using errcode = 'SLUIC';
    end if;
  end loop;

  -- Writers wait from here on, and readers go on while the proof is made. But a transaction that has read, and now waits to
  -- write, keeps what it has read locked: then all is let go, and at the second try those who come to read wait as well.
  foreach strength in array array['share', 'access exclusive'] loop
    begin
      -- A request that waited long would make readers queue behind it.
      for attempt in 1..attempts loop
        begin
          perform set_config('lock_timeout', patience, true);
          execute format('lock table %s, %s in %s mode', legacy, target, strength);
          exit;
        exception when lock_not_available or deadlock_detected then
          if attempt = attempts then
            select string_agg(distinct 'session ' || l.pid, ', ') into found
            from pg_locks as l
            where l.relation in (select to_regclass(name) from unnest(string_to_array(legacy || ', ' || target, ', ')) as name)
              and l.granted
              and l.pid <> pg_backend_pid()
              and (strength = 'access exclusive' or l.mode not in ('AccessShareLock', 'RowShareLock', 'ShareLock'));
            raise exception 'other sessions % the tables of % (%). Next: end their transactions, then start the same command again',
              case strength when 'share' then 'write' else 'use' end, own, found
              using errcode = 'SLUIC';
          end if;
          perform pg_sleep(0.2 + random() / 2);
        end;
      end loop;

      select string_agg(name, ', ') into found
      from unnest(string_to_array(legacy || ', ' || target, ', ')) as name
      where (
        select count(*)
        from pg_trigger as t
        join pg_proc as p on p.oid = t.tgfoid
        where t.tgrelid = to_regclass(name)
          and t.tgname in ('sluice_sync_begins', 'sluice_sync_insert', 'sluice_sync_update', 'sluice_sync_delete', 'sluice_sync_truncate')
          and t.tgenabled in ('O', 'A')
          and p.pronamespace = 'sluice'::regnamespace) < 5;
      if found is not null then
        raise exception 'both shapes of % are not kept in step: % lacks triggers of the sync. Next: npm run sync, npm run copy and npm run verify',
            own, found using errcode = 'SLUIC';
      end if;

      execute format('select string_agg(fact || '': '' || object, ''; '') from (select * from sluice.%I() limit 10) as d',
        own || '_dependents') into found;
      if found is not null then
        raise exception 'something depends on the legacy tables, or cannot be rebuilt: %. Next: drop or change it, then start the same command again', found
          using errcode = 'SLUIC';
      end if;

      -- Everything is proven, not only the families touched since the last proof: what was done behind the triggers' back,
      -- under session_replication_role or while they were disabled, has left no trace of which families it touched.
      begin
        execute format('select string_agg(relation || '' '' || differences, '', '') from sluice.%I() where differences > 0',
          own || '_differences') into found;
      exception
        when insufficient_privilege then
          raise;
        -- the functions were made for the shape that was proven: a column more or less, and they do not fit
        when syntax_error_or_access_rule_violation then
          found := 'the shape of the legacy tables';
      end;
      if found is not null then
        raise exception 'something has changed since the last proof of % (%). Next: npm run copy, then npm run verify', own, found
          using errcode = 'SLUIC';
      end if;

      -- Readers that are under way may end; new ones are kept waiting for no longer than the timeout.
      for attempt in 1..5 loop
        begin
          execute format('lock table %s in access exclusive mode',
            legacy || ', ' || target);
          exit;
        exception when lock_not_available or deadlock_detected then
          if attempt = 5 then
            raise;
          end if;
          perform pg_sleep(0.2 + random() / 2);
        end;
      end loop;
      exit;
    exception when lock_not_available or deadlock_detected then
      if strength = 'access exclusive' then
        select string_agg(distinct 'session ' || l.pid, ', ') into found
        from pg_locks as l
        where l.relation in (select to_regclass(name) from unnest(string_to_array(legacy || ', ' || target, ', ')) as name)
          and l.granted
          and l.pid <> pg_backend_pid();
        raise exception 'other sessions read the tables of % (%). Next: end their transactions, then start the same command again', own, found
          using errcode = 'SLUIC';
      end if;
    end;
  end loop;

  execute format('insert into sluice.definition (system, place, kind, name, statement, refused)
    select %L, place, kind, name, statement, refused from sluice.%I()', own, own || '_definitions');

  update sluice.migration as m
  set phase = 'contracted',
    changed_at = now()
  where m.system = own;

  -- Nothing is kept in step from here on: the target's applications write to it alone, without what the triggers cost.
  for statement, rank in
    select format('drop trigger %I on %s', t.tgname, t.tgrelid::regclass), 1
    from pg_trigger as t
    join pg_proc as p on p.oid = t.tgfoid
    where t.tgrelid in (select to_regclass(name) from unnest(string_to_array(legacy || ', ' || target, ', ')) as name)
      and not t.tgisinternal
      and p.pronamespace = 'sluice'::regnamespace
    union all
    select format('drop function %s', p.oid::regprocedure), 2
    from pg_proc as p
    where p.pronamespace = 'sluice'::regnamespace
      and (p.proname in (own || '_settle', own || '_forward', own || '_read_only')
        or starts_with(p.proname, own || '_watch_'))
    order by 2
  loop
    execute statement;
  end loop;
end
$guard$;
