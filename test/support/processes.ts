import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { typescript } from '../../scripts/process.ts'

export interface Held {
  child: ChildProcess
  url: string
  /** Resolves when the child has ended, to its exit code or the signal. */
  ended: Promise<number | string>
}

/** Runs hold.ts, or a copy of it, until it has its server. Rejects with what it wrote if it ends before. */
export async function hold(
  kind: 'temporary' | 'kept',
  folder: string,
  end: 'stop' | 'exit' | 'throw' | 'wait' | 'idle',
  how: { uid?: number; script?: string } = {},
): Promise<Held> {
  const args = typescript(how.script ?? new URL('hold.ts', import.meta.url), kind, folder, end)
  const ids = how.uid === undefined ? {} : { uid: how.uid, gid: how.uid }
  const child = spawn(process.execPath, args, { cwd: '/', ...ids })
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  let errors = ''
  child.stderr.on('data', (data) => {
    errors += data
  })
  const url = once(createInterface(child.stdout), 'line').then(([line]) => line as string)
  const early = ended.then(async () => {
    await sleep(100) // its last line may still be on the way
    throw new Error(`hold.ts ended early: ${errors}`)
  })
  early.catch(() => {})
  return { child, url: await Promise.race([url, early]), ended }
}

/** Process ids of the supervisors of servers below `folder`, and of all that they started. */
export function processesOf(folder: string): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-ww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const all = [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*(?:\n(?!\s*\d+\s+\d+\s).*)*)/gm)].map((it) => ({
    pid: Number(it[1]),
    parent: Number(it[2]),
    args: it[3] ?? '',
  }))
  const found = new Set(
    all.filter(({ args }) => args.includes(folder) && !args.includes('hold.ts')).map(({ pid }) => pid),
  )
  for (let size = -1; size !== found.size; ) {
    size = found.size
    for (const { pid, parent } of all) if (found.has(parent)) found.add(pid)
  }
  return [...found]
}

/** Waits until `check` holds; rejects after `seconds`. */
export async function eventually(check: () => boolean | Promise<boolean>, seconds = 20): Promise<void> {
  for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(30)) if (await check()) return
  throw new Error(`not so within ${seconds} s: ${check}`)
}

/** Of those process ids, the ones that still run; a dead one that its parent has not asked about yet does not. */
export function running(pids: number[]): number[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' })
  const alive = new Set([...stdout.matchAll(/^\s*(\d+)\s+[^Z\s]/gm)].map((it) => Number(it[1])))
  return pids.filter((pid) => alive.has(pid))
}
