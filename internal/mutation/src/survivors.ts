/** A change of the source that no test can notice, because the program behaves the same. */
export interface Equivalent {
  /** Path below `src` of the package. */
  readonly file: string
  readonly original: string
  readonly replacement: string
  readonly reason: string
}

/** A change of the source that no test noticed. */
export interface Survivor extends Omit<Equivalent, 'reason'> {
  readonly line: number
}

export interface Verdict {
  /** Survivors that the list does not explain. */
  readonly unexplained: readonly Survivor[]
  /** Entries of the list that name no survivor. */
  readonly outdated: readonly Equivalent[]
}

function isSame(a: Omit<Equivalent, 'reason'>, b: Omit<Equivalent, 'reason'>): boolean {
  return a.file === b.file && a.original === b.original && a.replacement === b.replacement
}

/** Compares the survivors of a run with the list of those that are explained. */
export function judge(survivors: readonly Survivor[], equivalents: readonly Equivalent[]): Verdict {
  return {
    unexplained: survivors.filter((survivor) => !equivalents.some((one) => isSame(one, survivor))),
    outdated: equivalents.filter((one) => !survivors.some((survivor) => isSame(one, survivor))),
  }
}

interface Position {
  readonly line: number
  readonly column: number
}

/** Returns the text between two positions, whose lines and columns count from 1. */
export function textAt(text: string, { start, end }: { readonly start: Position; readonly end: Position }): string {
  const lines = text.split('\n').slice(start.line - 1, end.line)
  const [last = ''] = lines.slice(-1)
  const whole = [...lines.slice(0, -1), last.slice(0, end.column - 1)].join('\n')
  return whole.slice(start.column - 1)
}

/** Returns the lines that name a survivor. */
export function describeSurvivor({ file, line, original, replacement }: Survivor): string {
  return [`${file}:${line}`, ...original.split('\n').map((text) => `- ${text}`), `+ ${replacement}`].join('\n')
}
