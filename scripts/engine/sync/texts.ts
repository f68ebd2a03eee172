import { type SQL, sql } from 'drizzle-orm'
import type { TargetTable } from '../bound.ts'
import { column, list, textDiffers, textForm, textsOf } from '../sql.ts'

/** The type of a column as `textForm` wants it: an array has the text of an array, whatever is in it. */
export const typeOf = (each: TargetTable['columns'][number] & { dimensions?: number }): string =>
  each.dimensions ? `${each.getSQLType()}[]` : each.getSQLType()

/** Every column of row `alias` as its text form. */
export const textsOfRow = ({ columns }: TargetTable, alias: string): SQL =>
  sql`jsonb_object(array[${list(
    columns.flatMap((each) => [sql`${each.name}::text`, textForm(column(alias, each.name), typeOf(each))]),
  )}])`

/** The columns in which rows `s` and `t` differ, with the text forms of `shown`. */
export const differing = (columns: TargetTable['columns'], shown: 's' | 't'): SQL =>
  textsOf(
    columns.map((each) => ({
      name: each.name,
      differs: textDiffers(column('s', each.name), column('t', each.name), typeOf(each)),
      text: textForm(column(shown, each.name), typeOf(each)),
    })),
  )
