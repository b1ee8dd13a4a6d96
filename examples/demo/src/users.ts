export type Role = 'reader' | 'editor'

export interface User {
  readonly name: string
  readonly role: Role
}

/** The users of the app and their roles, in the place of an app's own table. */
export interface Users {
  /** Adds the user, if they are new. Returns their role. */
  signIn(name: string): Role
  /** Changes the role. Returns false if no such user has signed in. */
  setRole(name: string, role: Role): boolean
  /** Returns the users, those who signed in last first. */
  list(): readonly User[]
}

const maxUsers = 20

/** Creates an empty table in memory. It keeps the 20 users who signed in last. */
export function createUsers(): Users {
  const roles = new Map<string, Role>()
  return {
    signIn(name) {
      const role = roles.get(name) ?? 'reader'
      roles.delete(name)
      roles.set(name, role)
      const [oldest] = roles.keys()
      if (roles.size > maxUsers && oldest !== undefined) roles.delete(oldest)
      return role
    },
    setRole(name, role) {
      if (!roles.has(name)) return false
      roles.set(name, role)
      return true
    },
    list: () => Array.from(roles, ([name, role]) => ({ name, role })).toReversed(),
  }
}
