/** Fails after the commit. The error page has the cookie, because the old one is worthless after a rotation. */
export default defineEventHandler(async (event) => {
  const session = await openSession(event)
  session.rotate()
  await session.commit()
  throw createError({ statusCode: 422, message: 'This page is broken.' })
})
