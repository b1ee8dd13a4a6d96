import type { ActionFunctionArgs } from 'react-router'
import { sessionContext } from '../sessions'

export function action({ context }: ActionFunctionArgs) {
  context.get(sessionContext).data.visits += 100
  throw new Error('This page is broken.')
}
