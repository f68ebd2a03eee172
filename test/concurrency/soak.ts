import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const usage = `npm run soak -- --minutes 10 --seed 1 --sessions 4 [--rounds 12] [--version 23]

Plays test/concurrency with one seed after another, until the time is over or a seed fails. Each run says how to play it
again. The same seed makes the same choices; how the sessions meet is up to the machine. In each round sync is started and
stopped again. TEST_DATABASE_URL names another server than the one that comes along.`

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(1 + Math.floor(Math.random() * 1_000_000)) },
    sessions: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '2' },
    version: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) {
  process.stdout.write(`${usage}\n`)
} else {
  const { help: _, ...asked } = values
  const env = Object.fromEntries(
    Object.entries(asked).map(([name, value]) => [`SLUICE_SOAK_${name.toUpperCase()}`, value]),
  )
  const root = fileURLToPath(new URL('../..', import.meta.url))
  const vitest = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
  const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/concurrency/concurrency.test.ts'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  })
  process.exitCode = status ?? 1
}
