import type { System } from '../engine/system.ts'
import type { Applications } from './applications.ts'
import { astrid } from './astrid/index.ts'
import { createLegacy as astridLegacy } from './astrid/legacy/index.ts'
import { applications as atpApplications } from './atp/applications.ts'
import { atp } from './atp/index.ts'
import { createLegacy as atpLegacy } from './atp/legacy/index.ts'
import type { Generator } from './generator.ts'
import { applications as retrovueApplications } from './retrovue/applications.ts'
import { retrovue } from './retrovue/index.ts'
import { createLegacy as retrovueLegacy } from './retrovue/legacy/index.ts'
import { applications as trackletsApplications } from './tracklets/applications.ts'
import { tracklets } from './tracklets/index.ts'
import { createLegacy as trackletsLegacy } from './tracklets/legacy/index.ts'
import { applications as videoApplications } from './video/applications.ts'
import { video } from './video/index.ts'
import { createLegacy as videoLegacy } from './video/legacy/index.ts'
import { applications as videoCvApplications } from './video-cv/applications.ts'
import { videoCv } from './video-cv/index.ts'
import { createLegacy as videoCvLegacy } from './video-cv/legacy/index.ts'

/** The systems that SYSTEM may name. */
export const systems: Record<string, System> = { atp, astrid, retrovue, video, 'video-cv': videoCv, tracklets }

/** Makes a realistic legacy database of a system. */
export const generators: Record<string, Generator> = {
  atp: atpLegacy,
  astrid: astridLegacy,
  retrovue: retrovueLegacy,
  video: videoLegacy,
  'video-cv': videoCvLegacy,
  tracklets: trackletsLegacy,
}

/** Applications that write both shapes of a system, where there are some to show. */
export const applications: Record<string, Applications> = {
  atp: atpApplications,
  retrovue: retrovueApplications,
  video: videoApplications,
  'video-cv': videoCvApplications,
  tracklets: trackletsApplications,
}
