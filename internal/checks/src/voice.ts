/** A line that breaks one of the rules of CONTRIBUTING's section "Plain English" that a machine can check. */
export interface VoiceFault {
  readonly line: number
  readonly found: string
  readonly instead: string
}

interface BannedWords {
  readonly pattern: RegExp
  readonly instead: string
}

const bannedWords: readonly BannedWords[] = [
  {
    pattern: /\b(?:is|are|was|were|be|been) told\b/i,
    instead: 'name the event: "called with", "publishes", "returns"',
  },
  { pattern: /\bof (?:its|their|one's|your|our) own\b/i, instead: 'leave it out, or "separate"' },
  { pattern: /\banew\b/i, instead: '"again"' },
  { pattern: /\bbut for\b/i, instead: '"except"' },
  { pattern: /\breckon/i, instead: '"compute"' },
  { pattern: /\bheed/i, instead: '"honour"' },
  { pattern: /\bcom(?:es?|ing) true\b/i, instead: '"take effect"' },
  { pattern: /\ball the same\b/i, instead: '"still"' },
  { pattern: /\blets? (?:\w+ )?in\b(?! (?:one|a)\b)/i, instead: '"authenticates"' },
]

const docOpening = /^\s*(?:\/\*\*|\*)\s+(?:What|How|Whether|Who)\b/

/** Yields the comment lines of a TypeScript file, by their numbers from 1. */
function* commentLines(text: string): Generator<readonly [line: number, text: string]> {
  let isInBlock = false
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    const opens = trimmed.startsWith('/*')
    const comment = isInBlock || opens ? line : /(?:^|\s)\/\/ (.*)$/.exec(line)?.[1]
    if (comment !== undefined) yield [index + 1, comment]
    if (isInBlock || opens) isInBlock = !trimmed.includes('*/')
  }
}

/** Yields the lines of a Markdown file outside its code blocks, by their numbers from 1. */
function* proseLines(text: string): Generator<readonly [line: number, text: string]> {
  let isInCode = false
  for (const [index, line] of text.split('\n').entries()) {
    if (line.startsWith('```')) isInCode = !isInCode
    else if (!isInCode) yield [index + 1, line]
  }
}

/** Returns the faults of a TypeScript or Markdown file; none for other files. */
export function voiceFaults(path: string, text: string): readonly VoiceFault[] {
  const isMarkdown = path.endsWith('.md')
  if (!isMarkdown && !/\.[jt]s$/.test(path)) return []
  const lines = isMarkdown ? proseLines(text) : commentLines(text)
  const faults: VoiceFault[] = []
  let opensDoc = false
  for (const [line, content] of lines) {
    for (const { pattern, instead } of bannedWords) {
      const found = pattern.exec(content)?.[0]
      if (found !== undefined) faults.push({ line, found, instead })
    }
    if (!isMarkdown) {
      const trimmed = content.trim()
      const isOpening = trimmed.startsWith('/** ') || (opensDoc && trimmed.startsWith('* '))
      const opening = isOpening ? docOpening.exec(content)?.[0] : undefined
      if (opening !== undefined) faults.push({ line, found: opening.trim(), instead: 'a verb or a noun' })
      opensDoc = trimmed === '/**'
    }
  }
  return faults
}
