import type { TestProject } from 'vitest/node'
import { buildPackages } from './build.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** Output of a failed build; empty if the build succeeded. */
    buildProblem: string
  }
}

/** Builds the packages once, before the checks that need their output. A test reports a failed build. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('buildProblem', await buildPackages())
}
