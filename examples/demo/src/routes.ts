import { endSession, signIn, type Visit } from './actions.js'
import { changeRole } from './change-role.js'
import type { Answer } from './answer.js'
import { deviceOf } from './devices.js'
import { adminPage } from './pages/admin.js'
import { devicesPage } from './pages/devices.js'
import { homePage } from './pages/home.js'
import type { PageView } from './pages/layout.js'
import { canBindSessions, type Sessions } from './sessions.js'
import type { DemoStore } from './stores/store.js'
import { createUsers } from './users.js'

export interface Route {
  readonly method: 'GET' | 'POST'
  answer(visit: Visit): Promise<Answer>
}

/** Creates a route that shows a page. */
function page(render: (visit: Visit) => string | Promise<string>): Route {
  return {
    method: 'GET',
    answer: async (visit) => ({ status: 200, body: await render(visit) }),
  }
}

/** Creates a route for a form: it commits, and redirects to a page. */
function form(act: (visit: Visit) => void | Promise<void>, location: string): Route {
  return {
    method: 'POST',
    async answer(visit) {
      await act(visit)
      await visit.session.commit()
      return { status: 303, location }
    },
  }
}

/** Returns the answer to each path. A path that the store cannot support is absent. */
export function createRoutes(sessions: Sessions, store: DemoStore, url: string): ReadonlyMap<string, Route> {
  const users = createUsers()
  const canBind = canBindSessions(store.plugin, url)

  function viewOf({ session }: Visit): PageView {
    return { store, userId: session.userId, endsElsewhere: sessions.supportsUserIndex }
  }

  async function showHome(visit: Visit): Promise<string> {
    const { session } = visit
    const { userId } = session
    await session.commit()
    const { visits, role } = session.data
    const ownHash = store.isServerBacked ? session.handle : undefined
    return homePage({ ...viewOf(visit), visits, role, ownHash, storedRows: await store.look(userId) })
  }

  async function countVisit(visit: Visit): Promise<string> {
    visit.session.data.visits += 1
    return showHome(visit)
  }

  async function showDevices(visit: Visit): Promise<string> {
    const { session } = visit
    const listed = sessions.supportsUserRecords ? await session.listSessions({ describe: deviceOf }) : undefined
    await session.commit()
    return devicesPage({ ...viewOf(visit), devices: listed, canBind, nowMs: Date.now() })
  }

  async function showAdmin(visit: Visit): Promise<string> {
    await visit.session.commit()
    return adminPage({ ...viewOf(visit), users: users.list(), canChange: sessions.supportsUserRecords })
  }

  const answerChange: Route = {
    method: 'POST',
    async answer(visit) {
      const change = await changeRole(visit, sessions, users)
      await visit.session.commit()
      return { status: 200, body: adminPage({ ...viewOf(visit), users: users.list(), canChange: true, change }) }
    },
  }

  return new Map<string, Route>([
    ['/', page(countVisit)],
    ['/store', page(showHome)],
    ['/devices', page(showDevices)],
    ['/admin', page(showAdmin)],
    ['/sign-in', form((visit) => signIn(visit, users), '/')],
    ['/sign-out', form(({ session }) => session.signOut(), '/')],
    ...(sessions.supportsUserIndex
      ? ([
          ['/end-session', form(endSession, '/devices')],
          ['/sign-out-others', form(({ session }) => session.signOutEverywhere({ except: 'this' }), '/devices')],
          ['/sign-out-everywhere', form(({ session }) => session.signOutEverywhere(), '/')],
        ] as const)
      : []),
    ...(sessions.supportsUserRecords ? ([['/admin/role', answerChange]] as const) : []),
  ])
}
