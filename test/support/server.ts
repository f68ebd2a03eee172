import { statfsSync } from 'node:fs'
import postgres from 'postgres'
import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../scripts/database/embedded.ts'
import { dropLeftovers } from './leftovers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A database of the server that this run uses, for administration only. */
    serverUrl: string
    /** What the names of this run's databases start with. */
    databasePrefix: string
  }
}

/** One server for the whole run: TEST_DATABASE_URL, whose role must be able to create databases, or a temporary one. */
export default async function setup(project: TestProject) {
  // what is temporary needs no disk where there is shared memory enough: for our own server, and for those of the tests
  if (hasRoom('/dev/shm', 2 ** 30)) process.env.TMPDIR = '/dev/shm'
  const given = process.env.TEST_DATABASE_URL
  const server = given ? { url: given, stop: async () => {} } : await temporary()
  project.provide('serverUrl', server.url)
  project.provide('databasePrefix', `sluice_test_${process.pid}_`)
  const sql = postgres(server.url, { max: 1, onnotice: () => {} })
  await dropLeftovers(sql)
  return async () => {
    await dropLeftovers(sql, process.pid)
    await sql.end({ timeout: 5 })
    await server.stop()
  }
}

/** Loses its data in a crash. */
const temporary = () =>
  startEmbedded({
    settings: {
      fsync: 'off',
      synchronous_commit: 'off',
      full_page_writes: 'off',
      // without workers to wake for each page that is read
      io_method: 'sync',
      // a database lives for seconds, and there are many
      autovacuum: 'off',
      max_connections: 200,
      max_prepared_transactions: 10,
    },
  })

function hasRoom(folder: string, bytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize > bytes
  } catch {
    return false // no such folder on this platform
  }
}
