/**
 * Returns the fields of a package.json that name the repository. They are not committed, because they depend on where
 * the repository is hosted.
 *
 * @param {string} server such as `https://github.com`
 * @param {string} repository `owner/name`
 * @param {string} folder of the package, relative to the repository
 */
export function repositoryFields(server, repository, folder) {
  if (!/^https:\/\/[\w.-]+$/.test(server) || !/^[\w.-]+\/[\w.-]+$/.test(repository)) {
    throw new Error('Expected GITHUB_SERVER_URL such as https://github.com, and GITHUB_REPOSITORY such as owner/name.')
  }
  const home = `${server}/${repository}`
  return {
    homepage: `${home}/tree/main/${folder}#readme`,
    bugs: { url: `${home}/issues` },
    repository: { type: 'git', url: `git+${home}.git`, directory: folder },
  }
}
