import { and, asc, desc, gt, inArray, isNotNull } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/postgres-js'
import postgres from 'postgres'
import { downloads } from '../../schema/atp/downloads.ts'
import { files } from '../../schema/atp/files.ts'
import { media, prediction, training } from '../../schema/atp/legacy.ts'
import { mediaMetadata } from '../../schema/atp/media-metadata.ts'
import { mediaMetrics } from '../../schema/atp/media-metrics.ts'

/**
 * The plan's mapping as most would write it with an ORM, and write it well: pages by key instead of by offset. It is a
 * process of its own, so that its memory can be measured. DATABASE_URL names the database.
 */
const page = 1000
const client = postgres(process.env.DATABASE_URL ?? '', { max: 1, connection: { TimeZone: 'UTC' } })
const db = drizzle({ client })

type Media = typeof media.$inferSelect
type Training = typeof training.$inferSelect

/** Calls `work` with one page after the other, until there is none. */
async function pages<Row>(
  read: (after: string) => Promise<Row[]>,
  key: (row: Row) => string | null,
  work: (rows: Row[]) => Promise<unknown>,
): Promise<void> {
  for (let after = '', rows = await read(after); rows.length > 0; rows = await read(after)) {
    await work(rows)
    after = key(rows.at(-1) as Row) ?? after
  }
}

/** A title from its newest media row, completed from its training row. */
function title(row: Media | undefined, labelled: Training | undefined): typeof mediaMetadata.$inferInsert {
  const own = Object.fromEntries(Object.entries(row ?? {}).filter(([, value]) => value !== null))
  const merged = { ...labelled, ...own } as Training & Media
  return {
    ...merged,
    label: labelled?.label ?? null,
    humanLabeled: labelled?.humanLabeled ?? false,
    confirmed: false,
    anomalous: labelled?.anomalous ?? false,
    reviewed: labelled?.reviewed ?? false,
  }
}

await pages(
  (after) =>
    db
      .selectDistinctOn([media.imdbId])
      .from(media)
      .where(and(isNotNull(media.imdbId), gt(media.imdbId, after)))
      .orderBy(asc(media.imdbId), desc(media.createdAt), asc(media.hash))
      .limit(page),
  ({ imdbId }) => imdbId,
  async (rows) => {
    const ids = rows.map(({ imdbId }) => imdbId ?? '')
    const labels = await db.select().from(training).where(inArray(training.imdbId, ids))
    const labelled = new Map(labels.map((row) => [row.imdbId, row]))
    await db.insert(mediaMetadata).values(rows.map((row) => title(row, labelled.get(row.imdbId ?? ''))))
  },
)
await pages(
  (after) => db.select().from(training).where(gt(training.imdbId, after)).orderBy(asc(training.imdbId)).limit(page),
  ({ imdbId }) => imdbId,
  (rows) =>
    db
      .insert(mediaMetadata)
      .values(rows.map((row) => title(undefined, row)))
      .onConflictDoNothing({ target: mediaMetadata.imdbId }),
)
await pages(
  (after) => db.select().from(media).where(gt(media.hash, after)).orderBy(asc(media.hash)).limit(page),
  ({ hash }) => hash,
  async (rows) => {
    await db.insert(downloads).values(rows)
    const stored = rows.filter(({ parentPath, targetPath }) => parentPath !== null && targetPath !== null)
    if (stored.length > 0) await db.insert(files).values(stored)
  },
)
await pages(
  (after) =>
    db.select().from(prediction).where(gt(prediction.imdbId, after)).orderBy(asc(prediction.imdbId)).limit(page),
  ({ imdbId }) => imdbId,
  (rows) => db.insert(mediaMetrics).values(rows),
)
await client.end()
