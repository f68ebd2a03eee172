import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { isOfArrayTypes } from './scripts/database/guard.ts'

/** The longest file first: last, it would run for minutes beside an idle processor. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/concurrency.test.ts')
    const sorted = await super.sort(files)
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))]
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/server.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // files share the modules of their worker: to load them anew for each takes half a second of the processor
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // a database that is dropped as a test ends may take a session with it that has just begun
    onUnhandledError: (error) => !isOfArrayTypes(error),
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
