/** The nine tables beside the one that changes. */
export * from './camera-pins.ts'
export * from './journeys.ts'
export * from './malls.ts'
export * from './tracklets.ts'
export * from './users.ts'
