import { randomBytes } from 'node:crypto'
import { type AddressInfo, connect, createServer } from 'node:net'
import { sql } from 'drizzle-orm'
import { describe, expect, inject } from 'vitest'
import type { Context } from '../../scripts/engine/context.ts'
import { withLock } from '../../scripts/engine/lock.ts'
import type { System } from '../../scripts/engine/system.ts'
import { silent } from '../../scripts/report.ts'
import { systems } from '../../scripts/systems/index.ts'
import { lines, type Run, run } from '../cli/run.ts'
import { test as scratch } from '../support/scratch.ts'
import { smallLegacy } from './legacy-template.ts'

const password = 'not-to-be-shown'

const test = scratch.extend({
  source: async ({ task: _ }, use: (name: string) => Promise<void>) => use(await smallLegacy()),
})

/** One line with a next step on stderr, one document on stdout, the expected exit code, and no password. */
function refused({ code, stdout, stderr }: Run, exitCode: number, fact: RegExp) {
  expect({ code, stderr }).toEqual({ code: exitCode, stderr: expect.stringMatching(fact) })
  expect(lines(stderr)).toHaveLength(1)
  expect(stderr).toMatch(/Next: \S/)
  expect(stderr + stdout).not.toContain(password)
  expect(JSON.parse(stdout)).toEqual({
    error: { message: expect.stringMatching(/\S/), values: expect.any(Object), next: expect.stringMatching(/\S/) },
  })
}

const withPassword = (url: string, change: (url: URL) => void) => {
  const changed = new URL(url)
  changed.password = password
  change(changed)
  return changed.href
}

/** A role that may log in to `url`'s database and no more; gone with the run's databases only if dropped. */
async function role(database: {
  url: string
  connection: { db: { execute: (q: ReturnType<typeof sql>) => unknown } }
}) {
  const name = `sluice_test_${randomBytes(6).toString('hex')}`
  const { db } = database.connection
  await db.execute(sql.raw(`create role ${name} login password '${password}'`))
  const url = withPassword(database.url, (changed) => {
    changed.username = name
  })
  const drop = () => db.execute(sql.raw(`drop owned by ${name}; drop role ${name}`))
  return { name, url, drop }
}

describe.concurrent('what has no database to ask', () => {
  const server = () => inject('serverUrl')

  scratch('an unreachable server', async () => {
    const url = withPassword(server(), (changed) => {
      changed.port = '1'
    })
    refused(await run(['plan', '--json'], url), 1, /cannot be reached/)
  })

  scratch('a URL that is none', async () => {
    refused(await run(['plan', '--json'], `postgres://me:${password}@@host/db`), 2, /DATABASE_URL/)
  })

  scratch('a database that does not exist', async () => {
    const url = new URL(server())
    url.pathname = '/no_such_database'
    refused(await run(['migrate', '--json'], url.href), 2, /does not exist/)
  })

  scratch('an unknown SYSTEM', async () => {
    refused(await run(['plan', '--json'], server(), { SYSTEM: 'toString' }), 2, /SYSTEM.*known = .*atp/)
  })

  scratch('a number that is none', async () => {
    refused(await run(['copy', '--json', '--workers', 'many']), 2, /--workers takes a whole number/)
  })
})

describe('what a database refuses', () => {
  scratch('a database without the legacy tables', async ({ database }) => {
    for (const command of ['plan', 'migrate']) {
      refused(await run([command, '--json'], database.url), 2, /legacy table does not exist/)
    }
    refused(await run(['copy', '--json'], database.url), 2, /do(es)? not exist/)
    const [left] = await database.connection.db.execute(
      sql`select count(*)::int as n from pg_namespace where nspname in ('drizzle', 'sluice')`,
    )
    expect(left).toEqual({ n: 0 })
  })

  test('a wrong password', async ({ database }) => {
    const { url, drop } = await role(database)
    try {
      const wrong = withPassword(url, (changed) => {
        changed.password = `${password}-wrong`
      })
      const result = await run(['plan', '--json'], wrong)
      // A server that trusts local logins asks for no password.
      if (result.code === 1) refused(result, 1, /refused the login/)
    } finally {
      await drop()
    }
  })

  test('a session that is lost while it is still asked for the types of arrays', async ({ database }) => {
    const { hostname, port } = new URL(database.url)
    const proxy = createServer((client) => {
      const server = connect(Number(port || 5432), hostname)
      client.on('data', (data) => {
        if (data.includes('typarray')) client.resetAndDestroy()
        else server.write(data)
      })
      server.on('data', (data) => client.write(data))
      for (const socket of [client, server]) socket.on('error', () => {}).on('close', () => server.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const { url, drop } = await role(database)
    try {
      const { port: through } = proxy.address() as AddressInfo
      const lost = withPassword(url, (changed) => {
        changed.host = `127.0.0.1:${through}`
      })
      refused(await run(['status', '--json'], lost), 1, /cannot be reached/)
    } finally {
      proxy.close()
      await drop()
    }
  })

  test('a role without the rights, which it names', async ({ database }) => {
    const { db } = database.connection
    const { name, url, drop } = await role(database)
    try {
      refused(await run(['migrate', '--json'], url), 2, /missing = USAGE on schema atp/)
      await db.execute(sql.raw(`grant usage on schema atp to ${name}`))
      refused(await run(['migrate', '--json'], url), 2, /missing = SELECT on table atp\.\w+/)
      await db.execute(sql.raw(`grant select on all tables in schema atp to ${name}`))
      refused(await run(['migrate', '--json'], url), 2, /missing = CREATE on schema atp/)
    } finally {
      await drop()
    }
  })

  test('a target table of another shape', async ({ database }) => {
    const { db } = database.connection
    await db.execute(sql`create table atp.files (hash integer primary key)`)
    refused(await run(['migrate', '--json'], database.url), 2, /another shape.*atp\.files.*hash is integer/)
    await db.execute(sql`drop table atp.files`)
  })

  test('a second Sluice at work', async ({ database }) => {
    const system = (await systems.atp?.()) as System
    const { signal } = new AbortController()
    const context: Context = { system, connection: database.connection, report: silent, signal }
    await withLock(context, 'exclusive', async () => {
      const { code, stdout } = await run(['migrate', '--json'], database.url)
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 2,
        error: { message: expect.stringMatching(/another Sluice/) },
      })
    })
  })
})
