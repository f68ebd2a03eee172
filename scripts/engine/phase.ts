/** The whole life of a migration; `next` lists the phases that may follow each. */
export const next = {
  legacy: ['expanded'],
  // --bulk copies and proves under one lock, without sync in between
  expanded: ['syncing', 'verified', 'legacy'],
  syncing: ['verified', 'expanded', 'legacy'], // copying again is always allowed; stopped, it is expanded again
  verified: ['contracted', 'syncing', 'expanded', 'legacy'], // a copy started again is no longer proven
  contracted: ['legacy'], // rollback rebuilds the legacy tables
} as const satisfies Record<string, readonly string[]>

export type Phase = keyof typeof next
