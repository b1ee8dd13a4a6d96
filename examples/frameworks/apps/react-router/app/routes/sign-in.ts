import type { ActionFunctionArgs } from 'react-router'
import { redirect } from 'react-router'
import { sessionContext } from '../sessions'

export async function action({ context, request }: ActionFunctionArgs) {
  const form = await request.formData()
  context.get(sessionContext).signIn(String(form.get('name'))) // after you have checked the password
  throw redirect('/', 303)
}
