import type { System } from '../engine/system.ts'
import { atp } from './atp/index.ts'
import { createLegacy } from './atp/legacy/index.ts'

/** The systems that SYSTEM may name. */
export const systems: Record<string, System> = { atp }

/** Makes a realistic legacy database of a system. */
export const generators: Record<string, typeof createLegacy> = { atp: createLegacy }
