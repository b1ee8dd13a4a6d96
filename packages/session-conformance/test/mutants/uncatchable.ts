/** Cases that no mutant of the zoo is named for, each with the reason. */
export const uncatchable: Readonly<Record<string, string>> = {}
