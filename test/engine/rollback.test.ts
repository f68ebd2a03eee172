import { describe, expect } from 'vitest'
import type { Options } from '../../scripts/systems/atp/legacy/options.ts'
import { type Scratch, test } from '../support/scratch.ts'
import { catalogsOf } from './catalogs.ts'
import { contractIn, legacyRows, phaseIn, rollbackIn } from './going-back.ts'
import { copyIn, expandIn, legacyIn, run, syncIn, verifyIn } from './migration.ts'

const cases: Partial<Options>[] = [
  { version: 9 },
  { version: 18 },
  { version: 23 },
  { version: 23, withoutTrainingConstraints: true },
  { version: 28 },
  { version: 32 },
]

async function proven(database: Scratch, { alive = false } = {}) {
  await expandIn(database)
  if (alive) await syncIn(database)
  await copyIn(database, { batchSize: 500 })
  expect(await verifyIn(database)).toMatchObject({ identical: true })
}

describe.concurrent('a rollback leaves the legacy database, byte for byte', () => {
  test.for(cases)('%o', async (options, { database }) => {
    const made = await legacyIn(database, { rows: 200, seed: 3, ...options })
    await live(database)
    const before = { catalogs: await catalogsOf(database), rows: await legacyRows(database) }
    const same = async (from: string) => {
      const done = await rollbackIn(database)
      expect(done).toMatchObject({ from, tables: made.tables, archived: {} })
      expect(await phaseIn(database)).toBe('legacy')
      expect(await catalogsOf(database), `catalogs after ${from}`).toEqual(before.catalogs)
      expect(await legacyRows(database), `rows after ${from}`).toEqual(before.rows)
    }
    await expandIn(database)
    await same('expanded')
    await proven(database)
    await same('verified')
    await proven(database, { alive: true })
    await contractIn(database)
    expect(await phaseIn(database)).toBe('contracted')
    await same('contracted')
    await proven(database)
  })
})

/** What a live database may have that no version of it declares; all of it must come back. */
const live = (database: Scratch) =>
  run(
    database,
    `alter table atp.media add column scratch integer;
     alter table atp.media drop column scratch;
     alter table atp.media add column note text collate "C" default 'none' not null;
     alter table atp.media add column doubled integer generated always as (season * 2) stored;
     alter table atp.media alter column original_title set storage external;
     alter table atp.media alter column uploader set statistics 500;
     alter table atp.media alter column uploader set (n_distinct = 7);
     alter table atp.media set (fillfactor = 80, toast.autovacuum_enabled = false);
     alter table atp.media replica identity full;
     alter table atp.prediction replica identity using index prediction_pkey;
     alter table atp.media cluster on media_pkey;
     alter table atp.media add constraint loose check (season < 100000) not valid;
     create unique index idx_media_odd on atp.media (lower(original_title), hash) where season is not null;
     comment on index atp.idx_media_odd is 'it''s odd';
     comment on constraint media_pkey on atp.media is 'the key';
     create function atp.noticed() returns trigger language plpgsql as 'begin return null; end';
     revoke all on function atp.noticed() from public;
     create trigger noticed after insert or delete on atp.prediction execute function atp.noticed();
     create trigger shouted after truncate on atp.prediction execute function atp.noticed();
     comment on trigger noticed on atp.prediction is 'never mind';
     alter table atp.prediction disable trigger noticed;
     alter table atp.prediction enable always trigger shouted;
     alter table atp.training owner to rear_diff;
     grant insert, delete on atp.prediction to rear_diff with grant option;
     grant update (cm_value) on atp.prediction to public;
     do $granted$
     begin
       if has_schema_privilege('rear_diff', 'atp', 'usage') then
         set local role rear_diff;
         grant insert on atp.prediction to public;
         reset role;
       end if;
     end $granted$`,
  )
