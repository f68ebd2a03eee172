import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { cli } from '../cli/run.ts'
import type { Random } from './random.ts'

interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stderr: string
}

/** `npm run copy` in a process of its own. */
function started(url: string): { child: ChildProcess; ended: Promise<Ended> } {
  const args = cli('copy', '--batch-size', '5', '--workers', '2')
  const child = spawn(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: url },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr?.on('data', (data) => {
    stderr += data
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, stderr })))
  return { child, ended }
}

/**
 * Copies with the command itself, which is killed with SIGKILL `kills` times at random points and started again, as a
 * person would until it says that it is done.
 * @returns how often it was killed, how often after its first batch, and what else ended it
 * @param progress families copied so far, to tell a kill in midst of the work from one before it
 */
export async function backfill(
  url: string,
  random: Random,
  kills: number,
  progress: () => Promise<number>,
): Promise<{ kills: number; midst: number; failures: string[] }> {
  const done = { kills: 0, midst: 0, failures: [] as string[] }
  for (let attempt = 0; attempt < kills + 10; attempt++) {
    const { child, ended } = started(url)
    if (done.kills < kills) {
      const wanted = (await progress()) + random.below(40)
      const running = () => child.exitCode === null && child.signalCode === null
      while (running() && (await progress()) <= wanted) await sleep(15)
      await sleep(random.below(60))
      if (child.kill('SIGKILL')) done.kills++
    }
    const { code, signal, stderr } = await ended
    if (code === 0) return done
    if (signal === 'SIGKILL') {
      if ((await progress()) > 0) done.midst++
      continue
    }
    // the session of the one that was killed may hold its lock for a moment longer
    if (!/another Sluice is at work/.test(stderr)) done.failures.push(`copy ended with ${code}: ${stderr}`)
    await sleep(300)
  }
  throw new Error(`the copy never came to its end: ${done.failures}`)
}
