-- The placeholder in its usual shape, for databases that have none; drizzle-kit's snapshot beside this file describes it.
-- A live database keeps what it has: where public.example_models exists, nothing happens here.
do $baseline$
begin
  if to_regclass('public.example_models') is not null then
    return;
  end if;

  create table public.example_models (
    id uuid primary key,
    name varchar(100),
    description text,
    created_at timestamp with time zone default now(),
    updated_at timestamp with time zone default now()
  );
end
$baseline$;
