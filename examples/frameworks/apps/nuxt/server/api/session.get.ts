export default defineEventHandler(async (event) => {
  const { userId, data } = await openSession(event)
  return { user: userId ?? 'a guest', visits: data.visits }
})
