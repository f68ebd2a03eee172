import { createInterface } from 'node:readline/promises'
import { Refusal } from '../errors.ts'

/** A person's decision: the option for those who have made it, and for machines. */
export const yesOption = { flags: '--yes', description: 'do not ask; needed where there is no terminal to ask on' }

/**
 * Asks a person on the terminal, unless they have said yes already.
 * @throws Refusal where the answer is no, or where nobody can be asked
 */
export async function confirm(question: string, { yes, command }: { yes: boolean; command: string }): Promise<void> {
  if (yes) return
  const again = `npm run ${command} -- --yes`
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new Refusal(`${command} is a person's decision, and there is no terminal to ask on`, {}, again)
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    const answer = await asking.question(`${question} Type yes to go on: `)
    if (answer.trim().toLowerCase() !== 'yes') throw new Refusal('not confirmed; nothing was changed', {}, again)
  } finally {
    asking.close()
  }
}
