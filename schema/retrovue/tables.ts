import { assetsIn, titlesIn } from './content.ts'
import { type Place, retrovue } from './parts.ts'
import { providersIn } from './providers.ts'
import { qualityIn } from './quality.ts'
import { sourcesIn } from './sources.ts'

/** The eleven tables in one place or the other, referenced ones first. */
export function tablesIn(place: Place) {
  const titles = titlesIn(place)
  const content = { ...titles, ...assetsIn(place, titles) }
  return { ...content, ...providersIn(place, content), ...qualityIn(place, content), ...sourcesIn(place) }
}

/** The eleven tables while the old ones are there. */
export const tables = tablesIn(retrovue)
