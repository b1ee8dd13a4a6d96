import { createRouter } from '@tanstack/react-router'
import { routeTree } from './routeTree.gen'

export const getRouter = () => createRouter({ routeTree })

declare module '@tanstack/react-start' {
  interface Register {
    ssr: true
    router: ReturnType<typeof getRouter>
  }
}
