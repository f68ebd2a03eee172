import { z } from 'zod'
import { defaultLockTimeout } from '../engine/locks.ts'
import type { Option } from './command.ts'

/** A whole number as it is typed, between two bounds. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `a whole number from ${least} to ${most}`)

/** A share as it is typed, from 0 to 1. */
export const share = (preset: number) =>
  z
    .string()
    .regex(/^(\d+\.?\d*|\.\d+)$/, 'a number from 0 to 1')
    .transform(Number)
    .refine((value) => value <= 1, 'a number from 0 to 1')
    .default(preset)

/** How long others may have to queue behind a request for a lock: the same for every command that locks tables. */
export const lockOption: Option = {
  flags: '--lock-timeout <ms>',
  description:
    'how long one attempt at locking tables waits, 10 to 60000 (default: 300); others queue behind it for no longer',
}

export const lockSchema = z.object({ lockTimeout: wholeNumber(10, 60_000).default(defaultLockTimeout) })

/** How rows are moved: the same for every command that copies. */
export const copyOptions: readonly Option[] = [
  { flags: '--bulk', description: 'for small databases: writers wait, readers go on, keys are built after the load' },
  { flags: '--batch-size <families>', description: 'families in one transaction, 1 to 100000 (default: 2000)' },
  {
    flags: '--target-batch-ms <ms>',
    description:
      'how long a transaction should take, 10 to 600000 (default: 1000); the next ones are smaller otherwise',
  },
  { flags: '--max-load <sessions>', description: 'wait while more sessions of others are at work, 0 to 10000' },
  { flags: '--max-lag <MB>', description: 'wait while a standby is further behind, 1 to 1000000' },
  { flags: '--workers <sessions>', description: 'sessions that copy at the same time, 1 to 16 (default: 2)' },
  lockOption,
]

export const copySchema = lockSchema.extend({
  bulk: z.boolean().default(false),
  batchSize: wholeNumber(1, 100_000).default(2000),
  targetBatchMs: wholeNumber(10, 600_000).default(1000),
  maxLoad: wholeNumber(0, 10_000).optional(),
  maxLag: wholeNumber(1, 1_000_000).optional(),
  workers: wholeNumber(1, 16).default(2),
})

/** How large a sample of a legacy is: the same for every command that makes one. */
export const sampleOption: Option = {
  flags: '--rows <number>',
  description: 'rows of the largest table of a sample, 0 to 10000000 (default: 20000)',
}

export const sampleSchema = z.object({ rows: wholeNumber(0, 10_000_000).default(20_000) })
