export default defineEventHandler(async (event) => {
  const session = await openSession(event)
  session.data.visits += 1
  await session.commit()
  return sendRedirect(event, '/', 303)
})
