import type { TestProject } from 'vitest/node'
import { buildPackages } from './build.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** What went wrong in the build; empty where nothing did. */
    buildProblem: string
  }
}

/** Builds the packages once, before the checks that need their output. A failing build is a test's to report. */
export default async function setup(project: TestProject): Promise<void> {
  project.provide('buildProblem', await buildPackages())
}
