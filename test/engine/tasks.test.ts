import { expect, test } from 'vitest'
import { inSessions, type Task } from '../../scripts/engine/bulk/tasks.ts'

const signal = new AbortController().signal

/** A task that notes when it begins and ends, and ends when it is told to. */
function recorder() {
  const events: string[] = []
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>()
  const task = (name: string, needs: readonly Task[] = []): Task => ({
    needs,
    run: async () => {
      events.push(`begin ${name}`)
      await new Promise<void>((resolve, reject) => ends.set(name, { resolve, reject }))
      events.push(`end ${name}`)
    },
  })
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  const end = async (name: string) => {
    ends.get(name)?.resolve()
    await turn()
  }
  const fail = async (name: string) => {
    ends.get(name)?.reject(new Error(`${name} failed`))
    await turn()
  }
  return { events, task, end, fail, turn }
}

test('no more than so many at a time, in order as far as what they need allows', async () => {
  const { events, task, end, turn } = recorder()
  const a = task('a')
  const b = task('b')
  const c = task('c', [a, b])
  const d = task('d', [b])
  const done = inSessions(2, [a, b, c, d], signal)
  await turn()
  expect(events).toEqual(['begin a', 'begin b'])
  await end('b')
  expect(events.slice(2)).toEqual(['end b', 'begin d'])
  await end('a')
  expect(events.slice(4)).toEqual(['end a', 'begin c'])
  await end('c')
  await end('d')
  await done
})

test('after a failure nothing is begun, and what was begun has ended before it is thrown', async () => {
  const { events, task, end, fail, turn } = recorder()
  const [a, b] = [task('a'), task('b')]
  let settled = false
  const done = inSessions(2, [a, b, task('c'), task('d', [a])], signal).finally(() => {
    settled = true
  })
  done.catch(() => {})
  await turn()
  await fail('a')
  expect(settled).toBe(false)
  await end('b')
  await expect(done).rejects.toThrow('a failed')
  expect(events).toEqual(['begin a', 'begin b', 'end b'])
})

test('asked to stop, it ends after what was begun, with the reason', async () => {
  const { events, task, end, turn } = recorder()
  const stop = new AbortController()
  const done = inSessions(1, [task('a'), task('b')], stop.signal)
  done.catch(() => {})
  await turn()
  stop.abort(new Error('stopped'))
  await end('a')
  await expect(done).rejects.toThrow('stopped')
  expect(events).toEqual(['begin a', 'end a'])
})

test('tasks that need each other are an error, not a wait for ever', async () => {
  const a: Task & { needs: Task[] } = { needs: [], run: async () => {} }
  const b: Task = { needs: [a], run: async () => {} }
  a.needs.push(b)
  await expect(inSessions(2, [a, b], signal)).rejects.toThrow('2 tasks need each other')
})
