import { describe, expect } from 'vitest'
import { type Scratch, scratchDatabase } from '../support/scratch.ts'
import { copyIn, expandIn, legacyIn, run, sharing, verifyIn } from './migration.ts'
import {
  about,
  type Column,
  columnsOf,
  keep,
  other,
  provenAfter,
  rounds,
  some,
  type Tampering,
  unnamed,
} from './tampering.ts'

const tables = {
  'atp.media_metadata': { key: 'imdb_id', family: 'imdb_id' },
  'atp.downloads': { key: 'hash', family: 'coalesce(imdb_id, hash)' },
  'atp.files': { key: 'hash', family: 'coalesce(imdb_id, hash)' },
  'atp.media_metrics': { key: 'imdb_id', family: 'imdb_id' },
  'atp.media': { key: 'hash', family: 'coalesce(imdb_id, hash)' },
  'atp.training': { key: 'imdb_id', family: 'imdb_id' },
  'atp.prediction': { key: 'imdb_id', family: 'imdb_id' },
} as const
type Table = keyof typeof tables
const names = Object.keys(tables) as Table[]

const changed = (table: Table, { key, column, value }: Tampering) =>
  `update ${table} set ${column} = ${value} where ${tables[table].key} = '${key}';`

/** Proven, with a copy of every table to undo from; one family is refused by a constraint that nobody declared. */
async function proven(options: Parameters<typeof legacyIn>[1]): Promise<Scratch> {
  const database = await scratchDatabase()
  await legacyIn(database, options)
  await run(
    database,
    `update atp.media set uploader = 'refused by hand'
     where hash = (select min(hash) from atp.media where imdb_id is not null)`,
  )
  await expandIn(database)
  await run(database, `alter table atp.downloads add constraint by_hand check (uploader <> 'refused by hand')`)
  await copyIn(database)
  expect(await verifyIn(database)).toMatchObject({ identical: true })
  await keep(database, names)
  return database
}

const shapes = {
  V24: { version: 24 },
  "V28 without training's constraints": { version: 28, withoutTrainingConstraints: true },
}

async function expectNamed(database: Scratch, table: Table, tamperings: readonly Tampering[]) {
  if (tamperings.length === 0) return
  const text = tamperings.map((each) => changed(table, each)).join('\n')
  const proof = await provenAfter(database, table, text)
  expect(proof.identical, text).toBe(false)
  expect(unnamed(proof, table, tables[table].key, tamperings)).toEqual([])
}

/** For each relation, kind and column one kept value, and one kept null. */
const keptValues = (database: Scratch) =>
  run(
    database,
    `select distinct on (relation, kind, name, text is null) relation, key, ordinal, name, text, coalesce(type, 'text') as type
     from sluice.complement
     cross join lateral jsonb_each_text(kept) as e(name, text)
     join (
       select c.relname, a.attname, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a
       join pg_class c on c.oid = a.attrelid
       where c.relnamespace = 'atp'::regnamespace) as live on relname = relation and attname = name
     order by relation, kind, name, text is null, md5(key || name)`,
  ) as Promise<unknown> as Promise<Kept[]>

interface Kept {
  relation: string
  key: string
  ordinal: number
  name: string
  text: string | null
  type: string
}

const where = ({ relation, key, ordinal }: Pick<Kept, 'relation' | 'key' | 'ordinal'>) =>
  `relation = '${relation}' and key = '${key}' and ordinal = ${ordinal}`

/** What may happen to one kept value: the SQL of kept afterwards. */
const changesOfKept: Record<string, (kept: Kept, n: number) => string> = {
  'another value': ({ name, text, type }, n) => {
    const column: Column = { name, type, nullable: true }
    const value = text === null ? some(column, n) : other(`(kept ->> '${name}')::${type}`, column)
    return `kept || jsonb_build_object('${name}', (${value})::${type}::text)`
  },
  'another spelling': ({ name }) => `kept || jsonb_build_object('${name}', ' ' || coalesce(kept ->> '${name}', ''))`,
  'no value of its type': ({ name }) =>
    `kept || jsonb_build_object('${name}', '{' || coalesce(kept ->> '${name}', ''))`,
  'no text': ({ name }) => `kept || jsonb_build_object('${name}', array[5])`,
  'null or none': ({ name, text }) => (text === null ? `kept - '${name}'` : `kept || '{"${name}": null}'`),
  'not there': ({ name }) => `kept - '${name}'`,
}

const changesOfComplement: Record<string, string> = {
  deleted: 'delete from sluice.complement where $it',
  'of another system': `update sluice.complement set system = 'other' where $it`,
  'of another table': `update sluice.complement set relation = case relation when 'media' then 'training' when 'training' then 'prediction' else 'media' end where $it`,
  'of no table': `update sluice.complement set relation = relation || 'x' where $it`,
  'of another key': `update sluice.complement set key = key || 'x' where $it`,
  'of another ordinal': `update sluice.complement set ordinal = ordinal + 7 where $it`,
  'of another family': `update sluice.complement set family = family || 'x' where $it`,
  part: `update sluice.complement set kind = 'part' where $it`,
  whole: `update sluice.complement set kind = 'whole' where $it`,
  absent: `update sluice.complement set kind = 'absent' where $it`,
  'a column too many': `update sluice.complement set kept = kept || '{"nothing": "1"}' where $it`,
  'a null too many': `update sluice.complement set kept = kept || '{"nothing": null}' where $it`,
  'a column that comes back by itself, or one less': `update sluice.complement set kept = case kind when 'whole' then kept - 'created_at'
    else kept || jsonb_build_object(case relation when 'media' then 'hash' else 'imdb_id' end, key) end where $it`,
  empty: `update sluice.complement set kept = '{}' where $it`,
  'a list': `update sluice.complement set kept = '["hash"]' where $it`,
  'a number': `update sluice.complement set kept = '1' where $it`,
  null: `update sluice.complement set kept = 'null' where $it`,
}

const changesOfQuarantine: Record<string, string> = {
  deleted: 'delete from sluice.quarantine where id = $id',
  'of another system': `update sluice.quarantine set system = 'other' where id = $id`,
  'of another table': `update sluice.quarantine set relation = 'nothing' where id = $id`,
  'of another key': `update sluice.quarantine set key = key || 'x' where id = $id`,
  'of another family': `update sluice.quarantine set family = family || 'x' where id = $id`,
  'of another scope': `update sluice.quarantine set scope = case scope when 'row' then 'value' else 'row' end where id = $id`,
  'by another constraint': `update sluice.quarantine set constraint_name = 'other' where id = $id`,
  'for another reason': `update sluice.quarantine set sqlstate = '00000' where id = $id`,
  'more held': `update sluice.quarantine set held = held || '{"nothing": "1"}' where id = $id`,
  'another value held': `update sluice.quarantine set held = (select jsonb_object_agg(k, v || ' ') from jsonb_each_text(held) as e(k, v)) where id = $id and held <> '{}'`,
  'nothing held': `update sluice.quarantine set held = '{}' where id = $id and held <> '{}'`,
}

for (const [shape, options] of Object.entries(shapes)) {
  const test = sharing(() => proven(options))

  describe(`after a proof of ${shape}`, () => {
    test.for(names)('one value of %s, in any column', async (table, { shared }) => {
      const columns = await columnsOf(shared, table)
      const wanted = columns.map((column) => ({ column, present: true, value: () => other(column.name, column) }))
      const tamperings = await rounds(shared, table, tables[table], wanted)
      const tried = tamperings.flat().map(({ column }) => column)
      expect(columns.map(({ name }) => name).filter((name) => !tried.includes(name))).toEqual([])
      for (const each of tamperings) await expectNamed(shared, table, each)
      // and one of each type alone: what is found of one row must not be owed to what is found of another
      if (shape !== 'V24') return
      const types = new Map(columns.map(({ name, type }) => [type, name]))
      for (const each of tamperings.flat())
        if ([...types.values()].includes(each.column)) await expectNamed(shared, table, [each])
    })

    test.for(names)('a null of %s in place of a value, and a value in place of a null', async (table, { shared }) => {
      const columns = (await columnsOf(shared, table)).filter(({ nullable }) => nullable)
      const gone = columns.map((column) => ({ column, present: true, value: () => 'null' }))
      const come = columns.map((column) => ({ column, present: false, value: (n: number) => some(column, n) }))
      for (const wanted of [gone, come]) {
        for (const round of await rounds(shared, table, tables[table], wanted)) await expectNamed(shared, table, round)
      }
    })

    test.for(names)('a row of %s that is gone', async (table, { shared }) => {
      const { key } = tables[table]
      const [row] = await run(shared, `select max(${key})::text as key from ${table}`)
      const proof = await provenAfter(shared, table, `delete from ${table} where ${key} = '${row?.key}'`)
      expect(about(proof, table, String(row?.key)).map(({ kind }) => kind)).not.toEqual([])
    })

    test.for(Object.entries(changesOfKept))('a kept value of any column: %s', async ([, change], { shared }) => {
      const values = await keptValues(shared)
      const text = values.map(
        (kept, n) => `update sluice.complement set kept = ${change(kept, n)} where ${where(kept)}`,
      )
      const proof = await provenAfter(shared, 'sluice.complement', text.join(';\n'))
      const unnoticed = values.filter(
        ({ relation, key, name }) => !about(proof, `atp.${relation}`, key).some(({ columns }) => name in columns),
      )
      expect(unnoticed).toEqual([])
    })

    test('a row of the complement, of any kind', async ({ shared }) => {
      const samples = (await run(
        shared,
        `select distinct on (relation, kind, ordinal > 1) relation, key, ordinal, kind
         from sluice.complement
         order by relation, kind, ordinal > 1, md5(key)`,
      )) as unknown as (Kept & { kind: string })[]
      expect(samples.length).toBeGreaterThan(4)
      for (const [what, text] of Object.entries(changesOfComplement)) {
        const others = samples.filter(({ kind }) => kind !== what)
        const proof = await provenAfter(
          shared,
          'sluice.complement',
          others.map((sample) => text.replace('$it', where(sample))).join(';\n'),
        )
        const unnoticed = others.filter(({ relation, key }) => about(proof, `atp.${relation}`, key).length === 0)
        expect(unnoticed, what).toEqual([])
      }
    })

    test('a row of the complement that has come', async ({ shared }) => {
      const carried = `
        from atp.media
        where not exists (select from sluice.complement where relation = 'media' and key = hash)
        order by hash
        limit 1`
      const [first] = await run(shared, `select hash ${carried}`)
      const added: Record<string, [key: unknown, row: string]> = {
        'part of nothing': ['x', `select 'atp', 'media', 'x', 1, 'x', 'part', '{}'::jsonb`],
        'nothing as a whole': ['x', `select 'atp', 'media', 'x', 1, 'x', 'whole', '{}'::jsonb`],
        'nothing as absent': ['x', `select 'atp', 'media', 'x', 1, 'x', 'absent', '{}'::jsonb`],
        'nothing of a carried row': [
          first?.hash,
          `select 'atp', 'media', hash, 1, coalesce(imdb_id, hash), 'part', '{}'::jsonb ${carried}`,
        ],
        'what a carried row has anyway': [
          first?.hash,
          `select 'atp', 'media', hash, 1, coalesce(imdb_id, hash), 'part', jsonb_build_object('hash', hash) ${carried}`,
        ],
        'a carried row as a whole': [
          first?.hash,
          `select 'atp', 'media', hash, 1, coalesce(imdb_id, hash), 'whole', '{}'::jsonb ${carried}`,
        ],
        'a carried row as absent': [
          first?.hash,
          `select 'atp', 'media', hash, 1, coalesce(imdb_id, hash), 'absent', '{}'::jsonb ${carried}`,
        ],
        'a second row of a key': [
          first?.hash,
          `select 'atp', 'media', hash, 2, coalesce(imdb_id, hash), 'part', '{}'::jsonb ${carried}`,
        ],
      }
      for (const [what, [key, row]] of Object.entries(added)) {
        const proof = await provenAfter(shared, 'sluice.complement', `insert into sluice.complement ${row}`)
        expect(about(proof, 'atp.media', String(key)), what).not.toEqual([])
      }
    })

    test('a row of the quarantine, of any constraint', async ({ shared }) => {
      const samples = await run(
        shared,
        `select distinct on (relation, scope, constraint_name) id, relation, key, scope, constraint_name, held <> '{}' as holds
         from sluice.quarantine
         where scope <> 'family'
           and relation in ('media_metadata', 'downloads', 'files', 'media_metrics')
         order by relation, scope, constraint_name, md5(key)`,
      )
      expect(samples.length).toBeGreaterThan(8)
      for (const [what, text] of Object.entries(changesOfQuarantine)) {
        const some = samples.filter(({ holds }) => holds || !text.endsWith(`held <> '{}'`))
        const proof = await provenAfter(
          shared,
          'sluice.quarantine',
          some.map(({ id }) => text.replace('$id', String(id))).join(';\n'),
        )
        const unnoticed = some.filter(
          ({ relation, key }) =>
            !about(proof, `atp.${relation}`, String(key)).some(({ kind }) => kind === 'quarantine'),
        )
        expect(unnoticed, what).toEqual([])
      }
    })

    test('a row of the quarantine that has come, and a family that is no longer set aside', async ({ shared }) => {
      const come = await provenAfter(
        shared,
        'sluice.quarantine',
        `insert into sluice.quarantine (system, relation, key, family, scope, constraint_name, sqlstate, reason)
         values ('atp', 'files', 'x', 'x', 'row', 'files_pkey', '23505', 'no reason')`,
      )
      expect(come.shown).toMatchObject([{ table: 'atp.files', key: 'x', kind: 'quarantine' }])
      const [family] = await run(shared, `select family from sluice.quarantine where scope = 'family'`)
      const gone = await provenAfter(
        shared,
        'sluice.quarantine',
        `delete from sluice.quarantine where scope = 'family'`,
      )
      expect(about(gone, 'atp.media_metadata', String(family?.family))).toMatchObject([{ kind: 'missing' }])
    })

    test('and everything is identical again once that is undone', async ({ shared }) => {
      expect(await verifyIn(shared)).toMatchObject({ identical: true, differences: 0, shown: [] })
    })
  })
}
