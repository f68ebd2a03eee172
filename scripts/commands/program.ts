import { CommanderError, Command as Parser } from 'commander'
import type { z } from 'zod'
import { Refusal } from '../errors.ts'
import type { Command, Outcome, Session } from './command.ts'

/** A command with its options read, ready to run. */
export interface Chosen {
  command: Command
  run(session: Session): Promise<Outcome>
}

const flagOf = (property: PropertyKey) =>
  `--${String(property).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

const helpOf = (name?: string) => (name ? `npm run ${name} -- --help` : 'node scripts/run.js scripts/cli.ts --help')

function read(command: Command, typed: Record<string, unknown>): unknown {
  const result = command.parse.safeParse(typed)
  if (result.success) return result.data
  const [issue] = (result.error as z.ZodError).issues
  const property = issue?.path[0] ?? ''
  const flag = flagOf(property)
  throw new Refusal(
    `${flag} takes ${issue?.message}`,
    { [flag]: String(typed[String(property)]) },
    helpOf(command.name),
  )
}

/** Commander's words in the form of our own errors. */
function refuse(error: CommanderError, commands: readonly Command[], name?: string): Refusal {
  const [fact = '', hint] = error.message.replace(/^error: /, '').split('\n')
  if (error.code === 'commander.unknownCommand') {
    return new Refusal(fact, { known: commands.map(({ name }) => name).join(' ') }, helpOf())
  }
  const next = [hint?.replace(/^\(|\)$/g, ''), helpOf(name)].filter(Boolean).join(' ')
  return new Refusal(fact.replace(/\.$/, ''), {}, next)
}

/**
 * Reads the command line. Returns undefined where help was asked for and has been printed.
 * @throws Refusal for an unknown command or option, or a value that is none
 */
export function choose(argv: readonly string[], commands: readonly Command[]): Chosen | undefined {
  let chosen: Chosen | undefined
  const parser = new Parser('npm run')
    .usage('<command> -- [options]')
    .description('Sluice restructures a live Postgres database without losing a byte.')
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText(
      'after',
      '\nSYSTEM picks what is migrated (default: atp); DATABASE_URL names the database (default: a server of its own).',
    )
  for (const command of commands) {
    const sub = parser
      .command(command.name)
      .summary(command.summary)
      .description(`${command.summary}\n\n${command.about}`)
      .usage('-- [options]')
      .allowExcessArguments(false)
      .addHelpText('after', `\nExamples:\n${command.examples.map((example) => `  ${example}`).join('\n')}`)
      .action((typed: Record<string, unknown>) => {
        const options = read(command, typed)
        chosen = { command, run: (session) => command.run(session, options as never) }
      })
    for (const { flags, description } of command.options) sub.option(flags, description)
    sub.option('--json', 'print exactly one JSON document on stdout, and everything else on stderr')
    sub.option('--verbose', 'with an error, show where in the code it happened')
  }
  if (argv.length === 0) throw new Refusal('no command was given', {}, helpOf())
  try {
    parser.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return undefined
    throw refuse(error, commands, commands.find(({ name }) => name === argv[0])?.name)
  }
  return chosen
}
