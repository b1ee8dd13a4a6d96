/** What the doctor has to say about one thing. */
export interface Finding {
  /** Something that is wrong, something to know, or something that is right. */
  readonly level: 'problem' | 'note' | 'ok'
  /** What it looked at. */
  readonly subject: string
  readonly found: string
  /** Why it matters; nothing for what is right. */
  readonly why?: string
  /** What to do about it; nothing for what is right. */
  readonly advice?: string
}

/** What is found where the doctor may not look. */
export const skipped = 'could not be looked at'

export function ok(subject: string, found: string): Finding {
  return { level: 'ok', subject, found }
}

export function warning(subject: string, found: string, why: string, advice: string): Finding {
  return { level: 'note', subject, found, why, advice }
}

export function problem(subject: string, found: string, why: string, advice: string): Finding {
  return { level: 'problem', subject, found, why, advice }
}
