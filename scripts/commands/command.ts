import type { z } from 'zod'
import type { Context } from '../engine/context.ts'

/** What a command hands back; the CLI prints it and exits. */
export interface Outcome {
  /** The one document that `--json` prints. */
  json: unknown
  /** The same for people. */
  text: string
  /** 0 done, 1 something that was tried failed, 2 different. */
  exitCode: 0 | 1 | 2
}

/** The database that a command works on. */
export interface Session extends Context {
  /** For what needs sessions of its own. Holds a password: never to be printed. */
  url: string
  /** Whether the server is the one that comes with Sluice. */
  embedded: boolean
}

export interface Option {
  flags: string
  description: string
}

/** One command: what it is called, what it takes, what it does. */
export interface Command<Options extends z.ZodType = z.ZodType> {
  name: string
  summary: string
  /** Explains more than the summary, in a sentence or two. */
  about: string
  examples: readonly string[]
  options: readonly Option[]
  /** Reads the options as they were typed; holds the defaults. */
  parse: Options
  run(session: Session, options: z.output<Options>): Promise<Outcome>
  /** What the person is told to type to go on after an interruption. */
  resume?: string
}

/** Only checks the types: a command's options follow from its schema. */
export const command = <Options extends z.ZodType>(command: Command<Options>): Command => command as unknown as Command
