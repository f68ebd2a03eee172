import { spawn } from 'node:child_process'
import { migrate } from 'drizzle-orm/postgres-js/migrator'
import type { Connection } from '../../scripts/database/connect.ts'
import { template } from '../support/scratch.ts'

const project = new URL('../../', import.meta.url)

/** The generated and the hand-written steps of stage expand. */
export const steps = new URL('drizzle/atp/expand/', project).pathname

/** What a command did. */
export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs drizzle-kit as `npx drizzle-kit` does, on the database at `url` or on none. */
export function kit(args: string[], url?: string, more: NodeJS.ProcessEnv = {}): Running {
  const { DATABASE_URL: _theirs, SYSTEM: _system, STAGE: _stage, ...rest } = process.env
  const env = { ...rest, npm_config_loglevel: 'error', ...(url ? { DATABASE_URL: url } : {}), ...more }
  const child = spawn(new URL('node_modules/.bin/drizzle-kit', project).pathname, args, { cwd: project, env })
  const outcome: Outcome = { code: null, stdout: '', stderr: '' }
  child.stdout.on('data', (text) => {
    outcome.stdout += text
  })
  child.stderr.on('data', (text) => {
    outcome.stderr += text
  })
  const ended = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject).once('close', (code) => resolve(Object.assign(outcome, { code })))
  })
  return Object.assign(ended, { soFar: outcome })
}

/** A command under way: its outcome, and what it has printed so far. */
export type Running = Promise<Outcome> & { soFar: Outcome }

/** Brings the database of `connection` to stage expand, without a process of its own. */
export const expand = ({ db }: Connection) => migrate(db, { migrationsFolder: steps })

/** A template of an empty database brought to stage expand. */
export const expanded = () => template('schema_expanded', expand)
