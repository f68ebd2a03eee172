import { z } from 'zod'
import { verify as prove } from '../engine/verify.ts'
import { command } from './command.ts'
import { wholeNumber } from './options.ts'
import { proofText } from './say-proof.ts'

export const verify = command({
  name: 'verify',
  summary: 'prove that the legacy tables can be rebuilt exactly, row by row and column by column',
  about: 'Names the rows and columns that differ. Exit code 0 means identical, 2 different.',
  examples: ['npm run verify', 'npm run verify -- --show 100', 'npm run --silent verify -- --json'],
  options: [{ flags: '--show <rows>', description: 'how many differences are written out, 0 to 100000 (default: 10)' }],
  parse: z.object({ show: wholeNumber(0, 100_000).default(10) }),
  async run(session, options) {
    const proof = await prove(session, options)
    return { json: proof, text: proofText(proof), exitCode: proof.identical ? 0 : 2 }
  },
})
