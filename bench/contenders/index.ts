import type { Contender } from './contender.ts'
import { floor } from './floor.ts'
import { orm } from './orm.ts'
import { plan, planInOneTransaction } from './plan.ts'
import { bulk, online1, online2 } from './sluice.ts'
import { onlineWithWriters } from './writers.ts'

/** In the order in which they run. */
export const contenders: readonly Contender[] = [
  plan,
  planInOneTransaction,
  orm,
  floor,
  bulk,
  online1,
  online2,
  onlineWithWriters,
]
