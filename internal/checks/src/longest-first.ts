import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { root } from './workspace.js'

/** The files that take longest, because a run ends when its last file does. Most of them wait for servers or browsers. */
export const longest: readonly string[] = [
  'packages/session-device/test/chromium.test.ts',
  'examples/demo/test/browser.test.ts',
  'internal/checks/test/packages.test.ts',
  'packages/session-conformance/test/packed.test.ts',
  'internal/checks/test/docs.test.ts',
  'packages/session-pg/test/pooler.test.ts',
  'packages/session-conformance/test/right-stores.test.ts',
  'packages/session-pg/test/late-writes.test.ts',
  'packages/session-redis/test/node-redis-sentinel.test.ts',
  'packages/session-pg/test/failover.test.ts',
  'packages/session-redis/test/permissions-cluster.test.ts',
  'packages/session-conformance/test/mutants-networked.test.ts',
  'packages/session-pg/test/conformance.test.ts',
  'packages/session-pg/test/outages.test.ts',
  'packages/session-redis/test/doctor-command.test.ts',
  'packages/session-pg/test/doctor.test.ts',
  'packages/session-conformance/test/process.test.ts',
  'internal/chaos/test/chaos.test.ts',
  'examples/demo/test/timeouts.test.ts',
  'examples/demo/test/demo.test.ts',
  'packages/session-conformance/test/mutants.test.ts',
  'packages/session-conformance/test/cli.test.ts',
  'packages/session-redis/test/failover.test.ts',
  'packages/session-redis/test/outages.test.ts',
  'internal/test-services/test/cleanup.test.ts',
]

function rankOf({ moduleId }: TestSpecification): number {
  const index = longest.indexOf(relative(root, moduleId))
  return index === -1 ? longest.length : index
}

/** Returns 1 for a file that runs in a process with others. These come last and together, because a process is kept for the next. */
function sharesProcess({ project }: TestSpecification): number {
  return project.config.isolate ? 0 : 1
}

/** Starts the longest files first, then the other isolated ones, then those that share processes. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    // oxlint-disable-next-line unicorn/no-array-sort -- a method of Vitest's class
    const inOrder = await super.sort(files)
    return inOrder.toSorted((a, b) => rankOf(a) - rankOf(b) || sharesProcess(a) - sharesProcess(b))
  }
}
