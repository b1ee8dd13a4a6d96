import type { ActionFunctionArgs } from 'react-router'
import { redirect } from 'react-router'
import { sessionContext } from '../sessions'

export function action({ context }: ActionFunctionArgs) {
  context.get(sessionContext).data.visits += 1
  throw redirect('/', 303)
}
