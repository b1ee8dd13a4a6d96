/** Returns the ids of the rules in the contract's text: lines such as "- C1 Resolves to a new id." */
export const rulesIn = (markdown: string): string[] =>
  [...markdown.matchAll(/^- ([A-Z][1-9]\d*) /gm)].map((match) => String(match[1]))
