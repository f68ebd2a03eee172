/*
 * Runs a TypeScript file: node scripts/run.js <file.ts> [arguments]. Node itself can from 22.18 on; for an older one jiti
 * compiles what it has not compiled before. Either loads a module without asking another thread for it, which would be
 * most of what a command takes.
 */
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [node = '', , file = '', ...args] = process.argv
const script = path.resolve(file)
process.argv = [node, script, ...args]
if (process.features.typescript) await import(pathToFileURL(script).href)
else {
  const { createJiti } = await import('jiti')
  // its own default may be a folder of all users
  const compiled = path.join(import.meta.dirname, '../node_modules/.cache/jiti')
  await createJiti(import.meta.url, { fsCache: compiled }).import(script)
}
