import type { Command } from './command.ts'
import { contract } from './contract.ts'
import { copy } from './copy.ts'
import { gate } from './gate.ts'
import { legacy } from './legacy.ts'
import { migrate } from './migrate.ts'
import { plan } from './plan.ts'
import { rehearse } from './rehearse.ts'
import { rollback } from './rollback.ts'
import { start } from './start.ts'
import { status } from './status.ts'
import { sync } from './sync.ts'
import { verify } from './verify.ts'

/** Every command, in the order in which help lists them. */
export const commands: readonly Command[] = [
  start,
  plan,
  rehearse,
  migrate,
  gate,
  sync,
  copy,
  verify,
  contract,
  rollback,
  status,
  legacy,
]
