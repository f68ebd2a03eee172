-- Nothing to do: the ledger has grown at stage expand, and drizzle-kit's snapshot beside this file says so.
select 1;
