import { expect, test } from 'vitest'
import { once } from './once.ts'

/** `npm run soak` sets these. */
const asked = (name: string) => {
  const value = process.env[`SLUICE_SOAK_${name}`]
  return value === undefined ? undefined : Number(value)
}
const minutes = asked('MINUTES') ?? 0
const sessions = asked('SESSIONS') ?? 3
const rounds = asked('ROUNDS') ?? 2
const first = asked('SEED') ?? 1
/** Among other tests the processor is theirs too. */
const rest = asked('MINUTES') === undefined ? 30 : 10

/** With and without a description in media, soft deletes, labels that may be null. */
const versions = [27, 24, 28, 23, 32]

const nothing = { whileWriting: [], acknowledged: [], proof: [], target: [], rebuilt: [], catalogs: [] }

test(
  'every acknowledged write is there, whatever is written, killed, stopped and started meanwhile',
  async () => {
    const end = Date.now() + minutes * 60_000
    for (let seed = first; seed === first || Date.now() < end; seed++) {
      const version = asked('VERSION') ?? (versions[(seed - 1) % versions.length] as number)
      const again = `npm run soak -- --minutes 0 --seed ${seed} --version ${version} --sessions ${sessions} --rounds ${rounds}`
      const { verdict, account, answers } = await once({ seed, version, sessions, rounds, pace: 20, rest })
      console.log(again, account, answers)
      expect(verdict, again).toEqual(nothing)
      expect(account, again).toMatchObject({ stops: rounds - 1, proofs: rounds })
      expect(account.kills).toBeGreaterThan(1)
      expect(account.acknowledged).toBeGreaterThan(1000)
      // races were there to be lost
      expect(Object.keys(answers)).toEqual(expect.arrayContaining(['legacy 40001', 'target 40001']))
    }
  },
  (minutes + 15) * 60_000,
)
