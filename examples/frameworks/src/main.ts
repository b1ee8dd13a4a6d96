import { frameworks } from './frameworks.js'

const name = process.argv[2] ?? ''
const create = frameworks[name]
if (create) {
  const server = await create()
  server.listen(3000, 'localhost', () => console.log(`${name}: http://localhost:3000`))
} else {
  console.error(`Expected one of ${Object.keys(frameworks).join(', ')}, but it was ${JSON.stringify(name)}.`)
  process.exitCode = 2
}
