/** What exists at stage expand: the placeholder beside the thirteen tables, and the ledger. */
export * from './contract.ts'
export { exampleModels } from './legacy.ts'
export { relations } from './relations.ts'
