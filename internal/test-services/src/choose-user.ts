import { chown, cp, lchown, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { findProgram } from './executables.js'
import type { Command, Supervisor } from './supervisor.js'
import type { Binaries, Environment } from './environment.js'

interface User {
  readonly uid: number
  readonly gid: number
}

/** Changes a command so that it runs as another user. */
type AsUser = (command: Command) => Command

async function findNobody(): Promise<User> {
  const users = await readFile('/etc/passwd', 'utf8')
  const [, uid, gid] = /^nobody:[^:]*:(-?\d+):(-?\d+):/m.exec(users) ?? []
  if (uid === undefined || gid === undefined) {
    throw new Error('The server refuses to run as root, and this machine has no user "nobody". Run as another user.')
  }
  return { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }
}

async function runs(supervisor: Supervisor, command: Command): Promise<boolean> {
  return (await supervisor.launch(command)) === 'ended with code 0'
}

// In a user namespace, the server sees itself as nobody, but it accesses files as the user that started it.
function inNamespace(unshare: string, { uid, gid }: User): AsUser {
  return ({ command, args, ...rest }) => ({
    ...rest,
    command: unshare,
    args: ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--', command, ...args],
  })
}

async function chooseAsUser(supervisor: Supervisor, nobody: User, environment: Environment): Promise<AsUser> {
  try {
    const asUser = inNamespace(findProgram('unshare', environment), nobody)
    await supervisor.run(asUser({ command: 'true', args: [] }))
    return asUser
  } catch {
    await chown(supervisor.folder, nobody.uid, nobody.gid)
    return (command) => ({ ...command, ...nobody })
  }
}

async function copyBinaries(
  { folder, env }: Binaries,
  programs: readonly string[],
  target: string,
  owner: User,
): Promise<Binaries> {
  // If their folder is called bin, the programs look for libraries and data beside it.
  const parts = basename(folder) === 'bin' ? ['./', '../share'] : []
  for (const part of [...programs, ...parts]) {
    const source = join(folder, part)
    const found = await stat(source).catch(() => undefined)
    if (found) await cp(source, join(target, 'bin', part), { recursive: true, verbatimSymlinks: true })
  }
  for (const name of ['', ...(await readdir(target, { recursive: true }))]) {
    await lchown(join(target, name), owner.uid, owner.gid)
  }
  return { folder: join(target, 'bin'), env }
}

/**
 * Finds a user for the programs, because PostgreSQL and PgBouncer refuse to run as root: nobody, in a user namespace if
 * possible. If that user cannot read the binaries, they are copied into the supervisor's folder.
 */
export async function chooseUser(
  supervisor: Supervisor,
  installed: Binaries,
  environment: Environment,
  programs: readonly [string, ...string[]] = ['postgres', 'initdb'],
): Promise<{ readonly asUser: AsUser; readonly binaries: Binaries }> {
  if (process.geteuid?.() !== 0) return { asUser: (command) => command, binaries: installed }
  const nobody = await findNobody()
  const asUser = await chooseAsUser(supervisor, nobody, environment)
  const version = { command: join(installed.folder, programs[0]), args: ['--version'], env: installed.env }
  if (await runs(supervisor, asUser(version))) return { asUser, binaries: installed }
  const { uid, gid } = await stat(supervisor.folder)
  return {
    asUser,
    binaries: await copyBinaries(installed, programs, join(supervisor.folder, 'installed'), { uid, gid }),
  }
}
