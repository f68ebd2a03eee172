import { z } from 'zod'
import { rehearse as play } from '../rehearse/index.ts'
import { command } from './command.ts'
import { rehearsalText } from './say-rehearsal.ts'

const exitCodes = { identical: 0, different: 2, failed: 1 } as const

export const rehearse = command({
  name: 'rehearse',
  summary: 'play the whole life of the migration on a clone of the database',
  about:
    'Clones the database, goes to every phase and back again, then once more with a kill -9 in every step; measures durations, locks, and how long a reader and a writer of the legacy tables wait; compares catalogs and rows after every rollback. The original is only read, no session of others is ended, and the clone is dropped afterwards. Exit code 0 means identical each time, 2 that something differs or was refused, 1 that something failed.',
  examples: [
    'npm run rehearse',
    'npm run rehearse -- --into embedded',
    'npm run rehearse -- --until verified --without-kills --keep',
    'npm run --silent rehearse -- --json',
  ],
  options: [
    {
      flags: '--into <place>',
      description:
        'template: copied by the server, which takes a database without other sessions; embedded: by pg_dump into a server of its own; server: by pg_dump beside the original (default: template where that is possible, otherwise embedded)',
    },
    {
      flags: '--until <phase>',
      description: 'go no further than expanded, syncing, verified or contracted (default: contracted)',
    },
    { flags: '--without-kills', description: 'leave out the kill -9 in every step' },
    { flags: '--keep', description: 'leave the clone, in whatever phase it is' },
  ],
  parse: z.object({
    into: z.enum(['template', 'embedded', 'server'], 'template, embedded or server').optional(),
    until: z
      .enum(['expanded', 'syncing', 'verified', 'contracted'], 'expanded, syncing, verified or contracted')
      .default('contracted'),
    withoutKills: z.boolean().default(false),
    keep: z.boolean().default(false),
  }),
  resume: 'npm run rehearse begins anew; the clone is dropped, and the original was only read',
  async run(session, { into, until, withoutKills, keep }) {
    const done = await play(session, { into, until, keep, kills: !withoutKills })
    return { json: done, text: rehearsalText(done), exitCode: exitCodes[done.outcome] }
  },
})
