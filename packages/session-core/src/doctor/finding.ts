/** Result of one check of a doctor. */
export interface Finding {
  /** `problem`: something is wrong. `warning`: something to know. `ok`: all is well. */
  readonly level: 'problem' | 'warning' | 'ok'
  /** Subject of the check. */
  readonly subject: string
  readonly found: string
  /** Reason why it matters. Absent for `ok`. */
  readonly why?: string
  /** Advice. Absent for `ok`. */
  readonly advice?: string
}

/** Text of a finding whose check could not run. */
export const skipped = 'not checked'

export function ok(subject: string, found: string): Finding {
  return { level: 'ok', subject, found }
}

export function warning(subject: string, found: string, why: string, advice: string): Finding {
  return { level: 'warning', subject, found, why, advice }
}

export function problem(subject: string, found: string, why: string, advice: string): Finding {
  return { level: 'problem', subject, found, why, advice }
}
