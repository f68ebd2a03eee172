// A process of its own that drops a clone when the one that made it ends, however that ends: a kill -9 included.
// On stdin comes one line of JSON, which holds a password and therefore is no argument; then a line "keep", or the end.
import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'drizzle-orm'
import { connect } from '../database/connect.ts'

let text = ''
for await (const chunk of process.stdin) text += chunk
const [order = '', ...words] = text.split('\n')
if (order === '' || words.includes('keep')) process.exit(0)

const { url, database } = JSON.parse(order) as { url: string; database: string }
const { db } = await connect(url, { max: 1 })
const name = sql.identifier(database)
// The clone may still be on its way: what is dropped before it is there would stay.
for (let waited = 0; waited < 600; waited++) {
  const making = await db.execute(sql`
    select pg_cancel_backend(pid)
    from pg_stat_activity
    where state = 'active'
      and pid <> pg_backend_pid()
      and query like ${`create database "${database}"%`}`)
  if (making.length === 0) break
  await sleep(100)
}
await db.execute(sql`drop database if exists ${name} with (force)`)
process.exit(0)
