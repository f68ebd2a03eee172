import type { PgTable } from 'drizzle-orm/pg-core'
import type { Database } from '../../database/connect.ts'
import { Refusal } from '../../errors.ts'
import { phaseOf } from '../ledger.ts'
import { readSteps } from '../preflight/steps.ts'
import type { System } from '../system.ts'
import { ask, words } from './conditions.ts'
import { tryExamples } from './examples.ts'
import { checked, type Gate, type Passed } from './gate.ts'
import { isApplied, isLater, type Part, partsOf } from './parts.ts'
import { planQueries } from './queries.ts'
import { rowsIntact } from './rows.ts'
import { tablesAsDeclared } from './tables.ts'

/**
 * Goes through the checklist of every phase that has been applied. Nothing is remembered of an earlier time: what is
 * true now is asked of the database.
 */
export async function gates(system: System, db: Database): Promise<Passed[]> {
  if (system.extended) return [await finished(system, system.extended.checklist, db)]
  const parts = partsOf(system, await readSteps(system, db))
  const passed: Passed[] = []
  for (const part of parts) if (part.gate) passed.push(await pass(db, parts, part, part.gate))
  return passed
}

async function pass(db: Database, parts: readonly Part[], part: Part, gate: Gate): Promise<Passed> {
  const { name, about } = gate
  if (!isApplied(part)) return { gate: name, about, applied: false, held: false, checks: [] }
  // what a later phase adds is wanted here only once that phase is applied
  const pending = [...parts.slice(0, parts.indexOf(part) + 1), ...parts.filter((each) => !isApplied(each))]
  const before = parts.slice(0, parts.indexOf(part)).flatMap((each) => each.gate?.tables ?? [])
  return checklist(db, gate, before, (each) => isLater(pending, part, each))
}

/** Of a system that adds columns in place there is one: of what is there in the end. */
async function finished(system: System, gate: Gate, db: Database): Promise<Passed> {
  const applied = (await phaseOf(system, db)) === 'contracted'
  if (!applied) return { gate: gate.name, about: gate.about, applied, held: false, checks: [] }
  return checklist(db, gate, gate.tables, () => false)
}

/** @param isLater whether something of a name comes with a later phase only */
async function checklist(
  db: Database,
  gate: Gate,
  before: readonly PgTable[],
  isLater: (name: string) => boolean,
): Promise<Passed> {
  const { name, about } = gate
  const checks = [
    ...(await tablesAsDeclared(db, gate.tables, isLater)),
    ...(await rowsIntact(db, before)),
    ...(await ask(db, gate.after ?? [])).map((found) => checked('rows', found.condition.what, words(found))),
    ...(await tryExamples(db, gate.examples?.() ?? [])),
    ...(await planQueries(db, gate.queries ?? [])),
  ]
  return { gate: name, about, applied: true, held: checks.every(({ held }) => held), checks }
}

/**
 * @returns the number of lines of the checklist
 * @throws Refusal where the gate of an applied phase does not hold
 */
export async function requireGate(system: System, db: Database, parts: readonly Part[], part: Part): Promise<number> {
  if (!part.gate) return 0
  const { checks } = await pass(db, parts, part, part.gate)
  const [first, ...more] = checks.filter(({ held }) => !held)
  if (!first) return checks.length
  throw new Refusal(
    `the gate of phase ${part.gate.name} does not hold, and nothing goes on before it does`,
    { [first.what]: first.found, 'and more': more.length || undefined },
    `npm run gate shows the whole checklist of ${system.name}; put right what it names, then start the same command again`,
  )
}

/** @throws Refusal where something is found that must not be there before the steps of the phase are applied */
export async function requireBefore(db: Database, { name, before = [] }: Gate): Promise<void> {
  const [first] = (await ask(db, before)).filter(({ rows }) => rows > 0)
  if (!first) return
  throw new Refusal(
    `phase ${name} cannot begin: not so that ${first.condition.what}`,
    { found: first.rows, 'for example': first.samples.join('; ') },
    `${first.condition.remedy ?? 'put it right'}, then start the same command again`,
  )
}
