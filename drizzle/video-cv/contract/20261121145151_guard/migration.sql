-- Nothing is dropped here, and nothing is locked: what this stage adds to the table is there already, made without a lock that
-- anybody would wait for, or it is refused. And the stage is not entered unless the proof holds now, all of it, in one
-- snapshot. Another system's guard differs in the names at its top.
do $guard$
declare
  own constant text := 'video-cv';
  extended constant text := 'public.videos';
  filled constant text[] := array['cv_processed', 'tracklet_count'];
  preset constant text[] := array['cv_processed', 'tracklet_count'];
  referring constant text[] := array['fk_videos_cv_job_id'];
  indexed constant text[] := array[]::text[];
  sluice_lock constant integer := x'736c6365'::integer;
  phase text;
  found text;
begin
  if to_regclass('sluice.migration') is null then
    raise exception '% has none of its new columns yet. Next: npm run migrate', own using errcode = 'SLUIC';
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

  if exists (select from sluice.shard as s where s.system = own and not s.finished) then
    raise exception 'a copy of % is not finished. Next: npm run copy, then npm run verify', own using errcode = 'SLUIC';
  end if;

  if (
    select count(*)
    from pg_trigger as t
    join pg_proc as p on p.oid = t.tgfoid
    where t.tgrelid = to_regclass(extended)
      and t.tgname ~ '^~?sluice_extend_'
      and t.tgenabled in ('O', 'A')
      and p.pronamespace = 'sluice'::regnamespace
      and starts_with(p.proname, own || '_watch_')) < 5 then
    raise exception 'old and new columns of % are not kept in step. Next: npm run sync, npm run copy and npm run verify', extended
      using errcode = 'SLUIC';
  end if;

  select string_agg(missing, ', ') into found
  from (
    select 'not null of ' || name
    from unnest(filled) as name
    where not exists (
      select from pg_attribute where attrelid = to_regclass(extended) and attname = name and attnotnull)
    union all
    select 'the default of ' || name
    from unnest(preset) as name
    where not exists (
      select from pg_attribute where attrelid = to_regclass(extended) and attname = name and atthasdef)
    union all
    select name
    from unnest(referring) as name
    where not exists (
      select from pg_constraint where conrelid = to_regclass(extended) and conname = name and contype = 'f' and convalidated)
    union all
    select name
    from unnest(indexed) as name
    where not exists (
      select
      from pg_index as i
      join pg_class as c on c.oid = i.indexrelid
      where i.indrelid = to_regclass(extended)
        and c.relname = name
        and i.indisvalid
        and i.indisready)) as undone (missing);
  if found is not null then
    raise exception '% lacks %, which would lock it for long here. Next: npm run contract adds it while everybody goes on', extended, found
      using errcode = 'SLUIC';
  end if;

  if to_regprocedure(format('sluice.%I()', own || '_differences')) is null then
    raise exception 'the last proof of % has left nothing to prove it with again. Next: npm run verify', own
      using errcode = 'SLUIC';
  end if;
  execute format('select string_agg(relation || '' '' || differences, '', '') from sluice.%I() where differences > 0',
    own || '_differences') into found;
  if found is not null then
    raise exception 'something has changed since the last proof of % (%). Next: npm run copy, then npm run verify', own, found
      using errcode = 'SLUIC';
  end if;

  update sluice.migration as m
  set phase = 'contracted',
    changed_at = now()
  where m.system = own;
end
$guard$;
