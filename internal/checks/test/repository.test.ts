import { expect, test } from 'vitest'
import { repositoryFields } from '../bin/lib/repository.js'

test('a package names its repository, its folder there, its home page and its issue tracker', () => {
  expect(repositoryFields('https://github.com', 'owner/name', 'packages/session-core')).toEqual({
    homepage: 'https://github.com/owner/name/tree/main/packages/session-core#readme',
    bugs: { url: 'https://github.com/owner/name/issues' },
    repository: { type: 'git', url: 'git+https://github.com/owner/name.git', directory: 'packages/session-core' },
  })
})

test.each([
  ['', ''],
  ['https://github.com', ''],
  ['https://github.com', 'name'],
  ['http://github.com', 'owner/name'],
])('%j and %j name no repository', (server, repository) => {
  expect(() => repositoryFields(server, repository, 'packages/session-core')).toThrow('GITHUB_REPOSITORY')
})
