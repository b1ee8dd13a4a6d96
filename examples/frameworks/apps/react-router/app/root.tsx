import { Outlet } from 'react-router'
import { sessionMiddleware } from './sessions'

export const middleware = [sessionMiddleware]

export default function Root() {
  return (
    <html lang="en">
      <body>
        <Outlet />
      </body>
    </html>
  )
}
