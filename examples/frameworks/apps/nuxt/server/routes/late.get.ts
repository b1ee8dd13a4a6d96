/** Tries to sign in after the head was sent, which must fail. */
export default defineEventHandler(async (event) => {
  const response = event.node.res
  response.write('The head is sent. ')
  const session = await openSession(event)
  session.signIn('mallory')
  response.end(
    await session.commit().then(
      () => 'Signed in.',
      (error: Error) => error.message,
    ),
  )
})
