import type { System } from '../engine/system.ts'
import type { Applications } from './applications.ts'
import type { Generator } from './generator.ts'

/** What is known of each system by its name: loaded when it is asked for, as a command needs that of one system. */
type BySystem<T> = Record<string, () => Promise<T>>

/** The systems that SYSTEM may name. */
export const systems: BySystem<System> = {
  atp: async () => (await import('./atp/index.ts')).atp,
  astrid: async () => (await import('./astrid/index.ts')).astrid,
  retrovue: async () => (await import('./retrovue/index.ts')).retrovue,
  video: async () => (await import('./video/index.ts')).video,
  'video-cv': async () => (await import('./video-cv/index.ts')).videoCv,
  tracklets: async () => (await import('./tracklets/index.ts')).tracklets,
}

/** Makes a realistic legacy database of a system. */
export const generators: BySystem<Generator> = {
  atp: async () => (await import('./atp/legacy/index.ts')).createLegacy,
  astrid: async () => (await import('./astrid/legacy/index.ts')).createLegacy,
  retrovue: async () => (await import('./retrovue/legacy/index.ts')).createLegacy,
  video: async () => (await import('./video/legacy/index.ts')).createLegacy,
  'video-cv': async () => (await import('./video-cv/legacy/index.ts')).createLegacy,
  tracklets: async () => (await import('./tracklets/legacy/index.ts')).createLegacy,
}

/** Applications that write both shapes of a system, where there are some to show. */
export const applications: BySystem<Applications> = {
  atp: async () => (await import('./atp/applications.ts')).applications,
  retrovue: async () => (await import('./retrovue/applications.ts')).applications,
  video: async () => (await import('./video/applications.ts')).applications,
  'video-cv': async () => (await import('./video-cv/applications.ts')).applications,
  tracklets: async () => (await import('./tracklets/applications.ts')).applications,
}
