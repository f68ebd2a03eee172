import type { Connection } from '../database/connect.ts'
import type { System } from '../engine/system.ts'
import type { Report } from '../report.ts'
import type { Applications } from './applications.ts'
import { astrid } from './astrid/index.ts'
import { createLegacy as astridLegacy } from './astrid/legacy/index.ts'
import { applications as atpApplications } from './atp/applications.ts'
import { atp } from './atp/index.ts'
import { createLegacy as atpLegacy } from './atp/legacy/index.ts'
import type { Options } from './atp/legacy/options.ts'
import { applications as retrovueApplications } from './retrovue/applications.ts'
import { retrovue } from './retrovue/index.ts'
import { createLegacy as retrovueLegacy } from './retrovue/legacy/index.ts'
import { applications as videoApplications } from './video/applications.ts'
import { video } from './video/index.ts'
import { createLegacy as videoLegacy } from './video/legacy/index.ts'

/** The systems that SYSTEM may name. */
export const systems: Record<string, System> = { atp, astrid, retrovue, video }

/** Makes a legacy, and says which version of it, where there are several, and how many rows. */
type Generator = (
  connection: Connection,
  options: Options,
  report: Report,
) => Promise<{ version?: number; tables: Record<string, number> }>

/** Makes a realistic legacy database of a system. */
export const generators: Record<string, Generator> = {
  atp: atpLegacy,
  astrid: astridLegacy,
  retrovue: retrovueLegacy,
  video: videoLegacy,
}

/** Applications that write both shapes of a system, where there are some to show. */
export const applications: Record<string, Applications> = {
  atp: atpApplications,
  retrovue: retrovueApplications,
  video: videoApplications,
}
