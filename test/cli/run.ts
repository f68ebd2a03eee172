import { spawn } from 'node:child_process'
import { typescript } from '../../scripts/process.ts'

/** What makes Node run a command of the tool. */
export const cli = (...args: string[]) => typescript(new URL('../../scripts/cli.ts', import.meta.url), ...args)

export interface Run {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the tool as a process of its own. @param url the database, or undefined to leave DATABASE_URL out */
export function run(args: readonly string[], url?: string, env: Record<string, string> = {}): Promise<Run> {
  const { DATABASE_URL: _, SYSTEM: __, ...inherited } = process.env
  const child = spawn(process.execPath, cli(...args), {
    env: { ...inherited, ...(url === undefined ? {} : { DATABASE_URL: url }), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, ...output }))
  })
}

/** The lines of a text, without the empty one at its end. */
export const lines = (text: string): string[] => text.replace(/\n$/, '').split('\n')
