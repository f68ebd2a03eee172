-- The two tables as every database of the application has them since its first revision; drizzle-kit's snapshot beside this file
-- describes them. They refer to malls, pins and videos, which are another system's, so that nothing is made where they are
-- missing: whoever begins with nothing begins with those.
do $baseline$
begin
  if to_regclass('public.tracklets') is null or to_regclass('public.associations') is null then
    raise exception 'there are no tables tracklets and associations. Next: SYSTEM=video npx drizzle-kit migrate'
      using errcode = 'SLUIC';
  end if;
end
$baseline$;
