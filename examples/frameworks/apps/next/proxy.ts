import type { NextRequest } from 'next/server'
import { NextResponse } from 'next/server'
import { sessions } from './app/sessions'

export async function proxy(request: NextRequest): Promise<NextResponse> {
  const response = NextResponse.next()
  const session = await sessions.openCookies({
    get: (name) => request.cookies.get(name),
    set: (name, value, attributes) => response.cookies.set(name, value, attributes),
  })
  if (session.userId === undefined) return NextResponse.redirect(new URL('/', request.url))
  if (request.nextUrl.searchParams.has('rotate')) session.rotate()
  await session.commit()
  return response
}

export const config = { matcher: '/profile' }
