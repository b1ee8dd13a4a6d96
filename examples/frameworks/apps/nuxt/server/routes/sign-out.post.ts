export default defineEventHandler(async (event) => {
  const session = await openSession(event)
  session.signOut()
  await session.commit()
  return sendRedirect(event, '/', 303)
})
