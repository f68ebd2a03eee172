import { type Effect, type History, type Life, nameOf, type Transaction, type Value } from './history.ts'

/** What one side has of a life at the end. */
export interface Survivor extends Life {
  side: 'legacy' | 'target'
  key: string
  value: Value
  /** Columns that writes set to their marks. */
  columns?: Record<string, string | null>
}

type Told = { effect: Effect; by: Transaction }

/**
 * What is wrong between what the writers were told and what is there at the end: one line each, none when every
 * acknowledged write is there, no other is, and every answer was up to date.
 */
export function problems(history: History, survivors: readonly Survivor[]): string[] {
  const told = group(history.transactions.filter(({ committed }) => committed))
  const found = new Map<string, Survivor[]>()
  for (const each of survivors) found.set(nameOf(each), [...(found.get(nameOf(each)) ?? []), each])
  return [
    ...[...told].flatMap(([name, all]) => judge(name, all, found.get(name) ?? [], history.purges)),
    ...[...found.keys()]
      .filter((name) => !told.has(name))
      .map((name) => `${name}: is there, and was never acknowledged`),
  ]
}

function group(transactions: readonly Transaction[]): Map<string, Told[]> {
  const told = new Map<string, Told[]>()
  for (const by of transactions) {
    for (const effect of by.effects) {
      const all = told.get(nameOf(effect)) ?? []
      told.set(nameOf(effect), all)
      all.push({ effect, by })
    }
  }
  return told
}

function judge(name: string, told: readonly Told[], found: readonly Survivor[], purges: readonly number[]): string[] {
  const say = (words: string) => `${name}: ${words}`
  if (told.some(({ effect }) => effect.did === 'left')) return []
  const [born] = told.filter(({ effect }) => effect.did === 'born')
  const deaths = told.filter(({ effect }) => effect.did === 'died')
  if (!born) return [say('was seen, and its birth was never acknowledged')]
  if (deaths.length > 1) return [say('was deleted twice')]
  const [death] = deaths
  if (death && found.length > 0) return [say(`was deleted, and is there again (${found[0]?.side} ${found[0]?.key})`)]
  const keys = new Set(found.map(({ key }) => key))
  if (keys.size > 1) return [say(`is there more than once (${[...keys].join(', ')})`)]
  const end = found[0]?.value ?? (death?.effect as { value?: Value } | undefined)?.value
  if (end === undefined) {
    const purged = ['overview', 'training'].includes(born.effect.kind) && purges.some((at) => at > born.by.began)
    return purged ? [] : [say('is gone, and nobody deleted it')]
  }
  const apart = found.find(({ value }) => String(value) !== String(end))
  return [
    ...(apart
      ? [say(`legacy and target differ: ${found.map(({ side, value }) => `${side} ${value}`).join(' | ')}`)]
      : []),
    ...(typeof end === 'number' ? counted(told, end) : listed(told, end)).map(say),
    ...late(told).map(say),
    ...found.flatMap((each) => overwritten(told, each)).map(say),
  ]
}

const valued = (told: readonly Told[]) =>
  told.flatMap(({ effect, by }) => ('value' in effect ? [{ ...effect, by }] : []))

/** A list only grows: whatever anyone saw of it is how it begins, and it holds the acknowledged marks alone. */
function listed(told: readonly Told[], end: readonly string[]): string[] {
  const acknowledged = new Set(told.flatMap(({ effect }) => (effect.did === 'wrote' ? [effect.mark] : [])))
  const there = new Set(end.slice(1))
  const lost = [...acknowledged].filter((mark) => !there.has(mark))
  const strange = [...there].filter((mark) => !acknowledged.has(mark))
  const forked = valued(told).find(({ value }) => !isPrefix(value as readonly string[], end))
  return [
    ...(lost.length ? [`acknowledged and lost: ${lost} (the end is ${end})`] : []),
    ...(strange.length ? [`there and never acknowledged: ${strange} (the end is ${end})`] : []),
    ...(there.size < end.length - 1 ? [`a write is there twice (the end is ${end})`] : []),
    ...(forked && !lost.length ? [`somebody was told ${forked.value}, and the end is ${end}`] : []),
  ]
}

const isPrefix = (value: readonly string[], end: readonly string[]) =>
  value.length <= end.length && value.every((item, i) => item === end[i])

/** A counter is what it was at its birth and one more for every write; no two writes saw the same. */
function counted(told: readonly Told[], end: number): string[] {
  const written = told.flatMap(({ effect }) => (effect.did === 'wrote' ? [effect.value as number] : []))
  const from = told.flatMap(({ effect }) => (effect.did === 'born' ? [effect.value as number] : []))[0] ?? 0
  const twice = written.filter((value, i) => written.indexOf(value) !== i)
  return [
    ...(end === from + written.length ? [] : [`${from} and ${written.length} writes make ${end}`]),
    ...(twice.length ? [`several writes were told ${twice}`] : []),
  ]
}

const sizeOf = (value: Value) => (typeof value === 'number' ? value : value.length)

/** What was acknowledged before a transaction began, that transaction sees. */
function late(told: readonly Told[]): string[] {
  const all = valued(told)
  const byEnd = [...all].sort((a, b) => a.by.ended - b.by.ended)
  const byBegin = [...all].sort((a, b) => a.by.began - b.by.began)
  let known = 0
  let dead = false
  let next = 0
  for (const each of byBegin) {
    for (let done = byEnd[next]; done && done.by.ended < each.by.began; done = byEnd[++next]) {
      known = Math.max(known, sizeOf(done.value))
      dead ||= done.did === 'died'
    }
    if (dead) return [`${each.by.side} was shown ${each.value} after it was deleted`]
    if (sizeOf(each.value) < known) return [`${each.by.side} was shown ${each.value} when there was more already`]
  }
  return []
}

/** A column that writes set beside the list holds what the last of them set. */
function overwritten(told: readonly Told[], { side, value, columns = {} }: Survivor): string[] {
  if (typeof value === 'number') return []
  const writes = told.flatMap(({ effect }) => (effect.did === 'wrote' ? [effect] : []))
  return Object.entries(columns).flatMap(([column, is]) => {
    const last = value.findLast((mark) => writes.some((write) => write.mark === mark && write.wrote.includes(column)))
    return last === undefined || is === last ? [] : [`${side} has ${column} = ${is}, and the last write set ${last}`]
  })
}
