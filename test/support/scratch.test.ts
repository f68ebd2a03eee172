import { spawnSync } from 'node:child_process'
import { sql } from 'drizzle-orm'
import postgres from 'postgres'
import { expect, inject } from 'vitest'
import { dropLeftovers } from './leftovers.ts'
import { scratchDatabase, template, test } from './scratch.ts'

test('every test has a database of its own', async ({ database }) => {
  await database.connection.db.execute(sql`create table public.mine ()`)
  const other = await scratchDatabase()
  const found = await other.connection.db.execute(sql`select to_regclass('public.mine') is not null as found`)
  await other.drop()
  expect(found[0]).toEqual({ found: false })
})

test('a template is built once and cloned', async () => {
  let builds = 0
  const build = () =>
    template('once', async ({ db }) => {
      builds++
      await db.execute(sql`create table public.kept as select 7 as value`)
    })
  const [first, second] = await Promise.all([build(), build()])
  expect(first).toBe(second)
  expect(builds).toBe(1)
  const clone = await scratchDatabase(first)
  const rows = await clone.connection.db.execute(sql`select value from public.kept`)
  await clone.drop()
  expect(rows[0]).toEqual({ value: 7 })
})

test('a template whose build fails is built again', async () => {
  const fail = template('again', () => Promise.reject(new Error('no')))
  await expect(fail).rejects.toThrow('no')
  let built = false
  await template('again', async () => {
    built = true
  })
  expect(built).toBe(true)
})

test('a dropped database is gone although a session is in it', async ({ database }) => {
  const scratch = await scratchDatabase()
  const name = new URL(scratch.url).pathname.slice(1)
  await scratch.drop()
  const rows = await database.connection.db.execute(sql`select from pg_database where datname = ${name}`)
  expect(rows).toHaveLength(0)
})

test('what a run that crashed has left is dropped, and nothing of a run that is alive', async ({ database }) => {
  const { pid } = spawnSync('true') // has ended
  const left = `sluice_test_${pid}_left`
  const mine = new URL(database.url).pathname.slice(1)
  const server = postgres(inject('serverUrl'), { max: 1 })
  await server`create database ${server(left)}`
  expect(await dropLeftovers(server)).toEqual([left])
  const names = await server`select datname as name from pg_database where datname in (${left}, ${mine})`
  await server.end()
  expect(names).toEqual([{ name: mine }])
})
