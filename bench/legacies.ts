import { silent } from '../scripts/report.ts'
import { createLegacy } from '../scripts/systems/atp/legacy/index.ts'
import { type Digest, derivedDigest } from './digest.ts'
import { type Database, type Server, withConnection } from './server.ts'

/** A generated legacy as a template database, and what a right copy of it looks like. */
export interface Legacy {
  rows: number
  dirt: number
  template: Database
  /** Of what the plan's selects yield; absent for a dirty legacy, of which the plan yields rows that no table takes. */
  digest?: Digest
}

/** The version of the old schema that is closest to the one that the plan describes. */
const version = 23

/** Makes each legacy once, however often it is asked for. */
export function legacies(server: Server, note: (text: string) => void) {
  const made = new Map<string, Promise<Legacy>>()
  return (rows: number, dirt: number): Promise<Legacy> => {
    const name = `${rows} ${dirt}`
    const legacy = made.get(name) ?? make(server, rows, dirt, note)
    made.set(name, legacy)
    return legacy
  }
}

async function make(server: Server, rows: number, dirt: number, note: (text: string) => void): Promise<Legacy> {
  note(`making a legacy of ${rows.toLocaleString('en-US')} rows${dirt ? `, ${dirt * 100} % of its titles dirty` : ''}`)
  const template = await server.create()
  const digest = await withConnection(template, async (sql, connection) => {
    await createLegacy(connection, { rows, dirt, version, seed: 1 }, silent)
    // every clone starts with its rows frozen and its statistics there: nothing is left to do in the background
    await sql`vacuum (freeze, analyze)`
    return dirt === 0 ? derivedDigest(sql) : undefined
  })
  return { rows, dirt, template, ...(digest ? { digest } : {}) }
}
