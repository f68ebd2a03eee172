import { fileURLToPath } from 'node:url'
import { runNode } from '../node.ts'
import { createTables } from '../plan/tables.ts'
import { byHand } from './by-hand.ts'

const script = fileURLToPath(new URL('../orm/copy.ts', import.meta.url))

/** A script as most would write it: pages read through Node, mapped there, inserted in batches. */
export const orm = byHand({
  name: 'orm',
  label: 'a script with an ORM (Drizzle)',
  async work(sql, mark, { url }) {
    await createTables(sql)
    mark('expand')
    const { peakMb } = await runNode([script], { DATABASE_URL: url })
    mark('copy')
    return { peakMb }
  },
})
