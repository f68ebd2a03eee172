import { type SQL, sql } from 'drizzle-orm'
import type { Bound } from '../bound.ts'
import { type FunctionName, functionOf } from '../contract/text.ts'
import { list } from '../sql.ts'
import { changedIn, followedAlone } from './alone.ts'
import { quoted } from './plpgsql.ts'
import { families, fresh, native, own, touched, whole, withheld, written, writtenOf } from './variables.ts'

/**
 * A part of the sync as a function of its own. A session compiles each function that it calls when it first does so, which
 * takes much longer than to run it: a part that it does not need costs it nothing.
 */
export interface Part {
  /** The statement that makes the function. */
  create: SQL
  /** Its name and the types of its parameters. */
  signature: SQL
  /** A call with the variables that are called as its parameters are. */
  call: SQL
}

/** A variable that a part is given, of which it may give back another value. */
interface Parameter {
  variable: SQL
  type: SQL
  mode: 'in' | 'inout'
  /** What it is where the caller gives none. */
  preset?: SQL
}

const parameter = (variable: SQL, type: string): Parameter => ({ variable, type: sql.raw(type), mode: 'in' })

/** The variables that parts are given. */
export const given = {
  families: parameter(families, 'text[]'),
  touched: parameter(touched, 'bigint'),
  native: parameter(native, 'boolean'),
  own: parameter(own, 'boolean'),
  whole: parameter(whole, 'boolean'),
  withheld: parameter(withheld, 'jsonb'),
  fresh: parameter(fresh, 'text[]'),
  written: { ...parameter(written, 'jsonb'), preset: sql`'{}'` },
  changedOfEach: (bound: Bound): Parameter[] =>
    followedAlone(bound).map((each) => parameter(changedIn(bound, each), 'text[]')),
  writtenOfEach: ({ target }: Bound): Parameter[] => target.map((_, i) => parameter(writtenOf(i), 'text[]')),
}

/** A parameter of which the caller gets the value back that the part has given it. */
export const givenBack = (each: Parameter): Parameter => ({ ...each, mode: 'inout' })

/** @param body what it does, which may use the parameters by the names of the variables */
export function partOf({ system }: Bound, what: FunctionName, parameters: readonly Parameter[], body: SQL): Part {
  const name = functionOf(system, what)
  const declared = parameters.map(
    ({ variable, type, mode, preset }) =>
      sql`${sql.raw(mode)} ${variable} ${type}${preset ? sql` default ${preset}` : sql``}`,
  )
  const returns = parameters.some(({ mode }) => mode === 'inout') ? sql`` : sql` returns void`
  return {
    create: sql`create or replace function ${name}(${list(declared)})${returns} language plpgsql as ${quoted(body)}`,
    signature: sql`${name}(${list(parameters.map(({ type }) => type))})`,
    call: sql`${name}(${list(parameters.map(({ variable }) => variable))})`,
  }
}
