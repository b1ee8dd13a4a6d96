import { openSession } from '../sessions'

export async function POST(request: Request): Promise<Response> {
  const session = await openSession()
  session.data.visits += 1
  await session.commit()
  return Response.redirect(new URL('/', request.url), 303)
}
