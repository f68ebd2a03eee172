/** Work that one session does, once the work that it needs is done. */
export interface Task {
  needs: readonly Task[]
  run: () => Promise<void>
}

/**
 * Does the tasks in so many sessions at a time, the first of those that have what they need first. After one has failed,
 * or `signal` asks to stop, no other is begun.
 * @throws the first failure, or the signal's reason, once all that were begun have ended
 */
export async function inSessions(sessions: number, tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const waiting = [...tasks]
  const done = new Set<Task>()
  const running = new Set<Promise<void>>()
  const failures: unknown[] = []
  const begin = (task: Task) => {
    const work = task
      .run()
      .then(() => void done.add(task))
      .catch((error) => void failures.push(error))
      .finally(() => running.delete(work))
    running.add(work)
  }
  const next = () => waiting.findIndex(({ needs }) => needs.every((each) => done.has(each)))
  while (true) {
    if (failures.length === 0 && !signal.aborted) {
      for (let i = next(); i >= 0 && running.size < sessions; i = next()) begin(waiting.splice(i, 1)[0] as Task)
    }
    if (running.size === 0) break
    await Promise.race(running)
  }
  if (failures.length > 0) throw failures[0]
  signal.throwIfAborted()
  if (waiting.length > 0) throw new Error(`${waiting.length} tasks need each other`)
}
