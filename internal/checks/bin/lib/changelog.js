// Formats changesets for the changelog: their text unchanged, and one line for all updated dependencies.

/** @typedef {{ summary: string }} Changeset */
/** @typedef {{ name: string, newVersion: string }} Dependency */

/** @param {Changeset} changeset */
export async function getReleaseLine({ summary }) {
  const [first = '', ...rest] = summary.trim().split('\n')
  return [`- ${first}`, ...rest.map((line) => (line === '' ? '' : `  ${line}`))].join('\n')
}

/**
 * @param {Changeset[]} _changesets
 * @param {Dependency[]} dependencies
 */
export async function getDependencyReleaseLine(_changesets, dependencies) {
  if (dependencies.length === 0) return ''
  return `- Now needs ${dependencies.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`
}

export default { getReleaseLine, getDependencyReleaseLine }
