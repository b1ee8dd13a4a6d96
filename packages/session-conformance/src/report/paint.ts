import type { Verdict } from '../runner/run.js'

/** What a piece of text is, where a terminal can show it in colour. */
export type Tone = Verdict | 'strong' | 'dim'

export type Paint = (tone: Tone, text: string) => string

/** Text as it is. */
export const plain: Paint = (_tone, text) => text
