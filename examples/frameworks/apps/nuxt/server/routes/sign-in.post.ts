export default defineEventHandler(async (event) => {
  const form = await readFormData(event)
  const session = await openSession(event)
  session.signIn(String(form.get('name'))) // after you have checked the password
  await session.commit()
  return sendRedirect(event, '/', 303)
})
