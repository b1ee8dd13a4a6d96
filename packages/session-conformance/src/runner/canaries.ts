/** Texts that must not appear in an error: ids, user ids, data. */
export interface Canaries {
  add(text: string): void
  /** Describes the canary that the text contains, or returns undefined. */
  find(text: string): string | undefined
  /** The text, with every canary in it replaced by its length. */
  mask(text: string): string
}

const minLength = 8

export function createCanaries(): Canaries {
  const texts = new Set<string>()
  return {
    add(text) {
      if (text.length >= minLength) texts.add(text)
    },
    find(text) {
      for (const canary of texts) if (text.includes(canary)) return `a text of ${canary.length} characters`
      return undefined
    },
    mask(text) {
      const longestFirst = [...texts].toSorted((a, b) => b.length - a.length)
      return longestFirst.reduce((masked, canary) => masked.replaceAll(canary, `<${canary.length} characters>`), text)
    },
  }
}
