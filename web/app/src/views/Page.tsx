import { createContext, use, type MouseEvent, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Card } from 'magpie-client'
import type { Actions } from '../model/actions'
import { displayName } from '../model/people'
import { pathOf, type Route } from '../model/route'

const ActionsContext = createContext<Actions | null>(null)

/** Gives the actions to every view below. */
export function WithActions({ actions, children }: { actions: Actions; children: ReactNode }) {
  return <ActionsContext value={actions}>{children}</ActionsContext>
}

/** The actions of the page. */
export function useActions(): Actions {
  const actions = use(ActionsContext)
  if (!actions) throw new Error('useActions outside WithActions')
  return actions
}

/** A link inside the page: a real address, without a reload. */
export function To({
  route,
  className,
  current,
  children,
  label,
}: {
  route: Route
  className?: string | undefined
  current?: boolean
  children: ReactNode
  label?: string
}) {
  const { navigate } = useActions()
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    navigate(route)
  }
  return (
    <a
      href={pathOf(route)}
      onClick={follow}
      className={className}
      aria-current={current ? 'page' : undefined}
      aria-label={label}
      title={label}
    >
      {children}
    </a>
  )
}

/** What to call somebody in a sentence, in the page's language when nothing is known. */
export function useName(): (card: Card) => string {
  const { t } = useTranslation('common')
  return (card) => displayName(card) ?? t('unknownPerson')
}
