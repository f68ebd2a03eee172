import { fileURLToPath } from 'node:url'

const runner = fileURLToPath(new URL('run.js', import.meta.url))

/** The arguments that make Node run a TypeScript file: `spawn(process.execPath, typescript(file, 'status'))`. */
export const typescript = (file: string | URL, ...args: string[]): [runner: string, ...args: string[]] => [
  runner,
  file instanceof URL ? fileURLToPath(file) : file,
  ...args,
]
