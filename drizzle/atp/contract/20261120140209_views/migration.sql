-- The view answers its columns in the order of the live one that it replaces, to those who could read that.
do $views$
declare
  own constant text := 'atp';
  view constant text := 'atp.movies';
  columns constant text := current_setting('sluice.view_columns');
  statement text;
begin
  if (
    select array_agg(quote_ident(attname)::text order by quote_ident(attname)::text)
      = (select array_agg(name order by name) from unnest(string_to_array(columns, ', ')) as name)
      and string_agg(quote_ident(attname), ', ' order by attnum) <> columns
    from pg_attribute
    where attrelid = view::regclass
      and attnum > 0)
  then
    statement := format('create view %s as select %s from (%s) as movies', view, columns,
      rtrim(pg_get_viewdef(view::regclass), ';'));
    execute format('drop view %s', view);
    execute statement;
  end if;

  for statement in
    select d.statement
    from sluice.definition as d
    where d.system = own
      and d.name = view
      and (d.kind in ('comment', 'grant') or d.statement like 'alter table % owner to %')
    order by d.place
  loop
    execute statement;
  end loop;

  -- Older versions have no such view, and nobody who could read it.
  if columns = '' then
    comment on view atp.movies is 'Every labelled title with its prediction';
    if exists (select from pg_roles where rolname = 'rear_diff') then
      grant select on atp.movies to rear_diff;
    end if;
  end if;

  insert into sluice.definition (system, place, kind, name, statement)
  values (own, 0, 'undo', view, format('drop view %s', view));
end
$views$;
