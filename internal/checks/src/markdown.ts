import GithubSlugger from 'github-slugger'
import type { Nodes } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString } from 'mdast-util-to-string'

/** A fenced block of a Markdown file. */
export interface CodeBlock {
  /** The Markdown file, relative to the workspace. */
  readonly file: string
  /** The line of the block's first line of code, counted from 1. */
  readonly line: number
  readonly language: string
  /** Words after the language, such as `server` in a block that opens with "ts server". */
  readonly flags: readonly string[]
  readonly code: string
}

export interface Link {
  readonly line: number
  readonly url: string
}

function* walk(node: Nodes): Generator<Nodes> {
  yield node
  if ('children' in node) for (const child of node.children) yield* walk(child)
}

const lineOf = (node: Nodes): number => node.position?.start.line ?? 0

export function codeBlocks(file: string, markdown: string): CodeBlock[] {
  return [...walk(fromMarkdown(markdown))]
    .filter((node) => node.type === 'code')
    .map((node) => ({
      file,
      line: lineOf(node) + 1,
      language: node.lang ?? '',
      flags: node.meta?.split(/\s+/) ?? [],
      code: node.value,
    }))
}

export function links(markdown: string): Link[] {
  return [...walk(fromMarkdown(markdown))]
    .filter((node) => node.type === 'link' || node.type === 'image' || node.type === 'definition')
    .map((node) => ({ line: lineOf(node), url: node.url }))
}

/** Returns the fragments of the headings, as GitHub generates them. */
export function headingFragments(markdown: string): Set<string> {
  const slugger = new GithubSlugger()
  const headings = [...walk(fromMarkdown(markdown))].filter((node) => node.type === 'heading')
  return new Set(headings.map((heading) => slugger.slug(toString(heading))))
}
