import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test as base } from 'vitest'
import { eventually, processesOf } from './processes.ts'

/** With `folder`: one that every user may enter and write to, gone after the test and after the last server in it. */
export const test = base.extend<{ folder: string }>({
  folder: async ({ task: _ }, use) => {
    const folder = mkdtempSync(path.join(realpathSync(os.tmpdir()), 'sluice-test-'))
    chmodSync(folder, 0o777) // whatever the umask
    await use(folder)
    await eventually(() => processesOf(folder).length === 0)
    rmSync(folder, { recursive: true, force: true })
  },
})
