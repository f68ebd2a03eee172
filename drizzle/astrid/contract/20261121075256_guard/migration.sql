-- Nothing is dropped unless the proof holds now, and nothing of others depends on what is dropped. All steps of this stage
-- run in one transaction, so that what this one refuses leaves everything as it was, and the locks that it takes are
-- held until the tables are gone. Another system's guard differs in the names at its top.
do $guard$
declare
  own constant text := 'astrid';
  legacy constant text := 'public.example_models';
  target constant text := 'public.surveys';
  grown constant text := 'public.observations, public.system_config, public.preprocess_runs, public.difference_runs, '
    'public.candidates, public.processing_jobs, public.models, public.model_runs, public.detections, '
    'public.validation_events, public.alerts, public.audit_log';
  attempts constant integer := 20;
  sluice_lock constant integer := x'736c6365'::integer;
  relation text;
  phase text;
  found text;
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
    raise exception '% is at phase %, not verified. Next: npm run verify', own, coalesce(phase, 'expanded')
      using errcode = 'SLUIC';
  end if;

  if not coalesce((select p.identical from sluice.proof as p where p.system = own order by p.id desc limit 1), false) then
    raise exception 'the last proof of % was not identical. Next: npm run copy, then npm run verify', own
      using errcode = 'SLUIC';
  end if;

  -- The placeholder goes when all that comes after it is there.
  select string_agg(name, ', ') into found
  from unnest(string_to_array(grown, ', ')) as name
  where to_regclass(name) is null;
  if found is not null then
    raise exception '% has phases that are not applied: % not there yet. Next: npm run gate -- --next, or npm run migrate', own, found
      using errcode = 'SLUIC';
  end if;

  if exists (select from sluice.shard as s where s.system = own and not s.finished) then
    raise exception 'a copy of % is not finished. Next: npm run copy, then npm run verify', own using errcode = 'SLUIC';
  end if;

  foreach relation in array string_to_array(legacy, ', ') loop
    select format('%s, which owns %s', pg_get_userbyid(c.relowner), relation) into found
    from pg_class as c
    where c.oid = to_regclass(relation)
      and not pg_has_role(c.relowner, 'usage');
    if found is not null then
      raise exception '% may not drop what others own. Next: start the same command as %', current_user, found
        using errcode = 'SLUIC';
    end if;
  end loop;

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

  -- Writers wait from here on, readers go on. A request that waited long would make readers queue behind it.
  for attempt in 1..attempts loop
    begin
      set local lock_timeout = '300ms';
      execute format('lock table %s, %s in share mode', legacy, target);
      exit;
    exception when lock_not_available then
      if attempt = attempts then
        raise exception 'other sessions write the tables of %. Next: end their transactions, then start the same command again', own
          using errcode = 'SLUIC';
      end if;
      perform pg_sleep(0.2 + random() / 2);
    end;
  end loop;

  execute format('select string_agg(fact || '': '' || object, ''; '') from (select * from sluice.%I() limit 10) as d',
    own || '_dependents') into found;
  if found is not null then
    raise exception 'something depends on the legacy tables, or cannot be rebuilt: %. Next: drop or change it, then start the same command again', found
      using errcode = 'SLUIC';
  end if;

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

  execute format('insert into sluice.definition (system, place, kind, name, statement, refused)
    select %L, place, kind, name, statement, refused from sluice.%I()', own, own || '_definitions');

  update sluice.migration as m
  set phase = 'contracted',
    changed_at = now()
  where m.system = own;

  -- Readers that are under way may end; new ones are kept waiting for no longer than the timeout.
  for attempt in 1..attempts loop
    begin
      execute format('lock table %s in access exclusive mode', legacy);
      exit;
    exception when lock_not_available then
      if attempt = attempts then
        raise exception 'other sessions read the legacy tables of %. Next: end their transactions, then start the same command again', own
          using errcode = 'SLUIC';
      end if;
      perform pg_sleep(0.2 + random() / 2);
    end;
  end loop;
end
$guard$;
