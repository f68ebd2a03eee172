import { describe, expect, test } from 'vitest'
import type { Effect, Transaction } from './history.ts'
import { problems, type Survivor } from './model.ts'

const row = { kind: 'path', birth: 'b1' } as const
const list = (text: string) => text.split(' ')
const transaction = (began: number, ended: number, ...effects: Effect[]): Transaction => ({
  side: 'legacy',
  began,
  ended,
  committed: true,
  effects,
})
const born = transaction(0, 1, { ...row, did: 'born', value: ['b1'] })
const wrote = (mark: string, told: string, began = 2, ended = 3, columns: string[] = []) =>
  transaction(began, ended, { ...row, did: 'wrote', mark, value: list(told), wrote: columns })
const died = (told: string, began: number, ended: number) =>
  transaction(began, ended, { ...row, did: 'died', value: list(told) })
const there = (text: string, more: Partial<Survivor> = {}): Survivor => ({
  ...row,
  side: 'legacy',
  key: 'a',
  value: list(text),
  ...more,
})
const found = (transactions: Transaction[], ...survivors: Survivor[]) =>
  problems({ transactions, purges: [] }, survivors).join('\n')

describe('the checker of histories', () => {
  test('is content when every acknowledged write is there, on both sides', () => {
    const history = [born, wrote('m1', 'b1 m1'), wrote('m2', 'b1 m1 m2', 2, 4)]
    expect(found(history, there('b1 m1 m2'), there('b1 m1 m2', { side: 'target' }))).toBe('')
  })

  test.each([
    ['a lost write', [born, wrote('m1', 'b1 m1'), wrote('m2', 'b1 m2')], [there('b1 m2')], 'acknowledged and lost: m1'],
    ['a lost row', [born], [], 'gone, and nobody deleted it'],
    ['a row that comes back', [born, died('b1', 2, 3)], [there('b1')], 'deleted, and is there again'],
    ['a row that is deleted twice', [born, died('b1', 2, 3), died('b1', 4, 5)], [], 'deleted twice'],
    ['a delete that was told too little', [born, wrote('m1', 'b1 m1'), died('b1', 2, 4)], [], 'lost: m1'],
    ['a write that was rolled back', [born], [there('b1 m9')], 'never acknowledged: m9'],
    ['a row that nobody made', [], [there('b1')], 'never acknowledged'],
    ['a row in two places', [born], [there('b1'), there('b1', { key: 'b' })], 'more than once'],
    ['a write that came twice', [born, wrote('m1', 'b1 m1')], [there('b1 m1 m1')], 'twice'],
    ['sides that differ', [born, wrote('m1', 'b1 m1')], [there('b1 m1'), there('b1', { side: 'target' })], 'differ'],
    ['an order that nobody saw', [born, wrote('m1', 'b1 m1'), wrote('m2', 'b1 m2')], [there('b1 m1 m2')], 'was told'],
    [
      'an answer that is out of date',
      [born, wrote('m1', 'b1 m1', 2, 3), transaction(4, 5, { ...row, did: 'read', value: ['b1'] })],
      [there('b1 m1')],
      'when there was more already',
    ],
    [
      'a row that is shown after its death',
      [born, died('b1', 2, 3), transaction(4, 5, { ...row, did: 'read', value: ['b1'] })],
      [],
      'after it was deleted',
    ],
    [
      'a column that an older write set',
      [born, wrote('m1', 'b1 m1', 2, 3, ['uploader']), wrote('m2', 'b1 m1 m2', 4, 5, ['uploader'])],
      [there('b1 m1 m2', { columns: { uploader: 'm1' } })],
      'uploader = m1, and the last write set m2',
    ],
  ] as [string, Transaction[], Survivor[], string][])('names %s', (_, history, survivors, words) => {
    expect(found(history, ...survivors)).toContain(words)
  })

  test('counts: a counter that two writes raised from the same value has lost one', () => {
    const counter = { kind: 'metrics', birth: '7' } as const
    const raised = (value: number) => transaction(2, 3, { ...counter, did: 'wrote', mark: '', value, wrote: [] })
    const made = transaction(0, 1, { ...counter, did: 'born', value: 10 })
    const at = (value: number): Survivor => ({ ...counter, side: 'legacy', key: 'a', value })
    expect(found([made, raised(11), raised(12)], at(12))).toBe('')
    expect(found([made, raised(11), raised(11)], at(11))).toContain('10 and 2 writes make 11')
  })
})
