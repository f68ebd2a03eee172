-- Nothing to do: drizzle-kit's snapshot beside this file is what stage expand has left, and the next steps start from it.
select 1;
