import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { announce } from '../../ui'
import { saying } from '../view/say'
import type { CallView } from '../view/view'

/** Reads to a screen reader what changed in the call. */
export function useSayings(view: CallView, name: string): void {
  const { t } = useTranslation('call')
  const before = useRef(view)
  useEffect(() => {
    const said = saying(before.current, view)
    before.current = view
    if (said) announce(t(`say.${said}`, { name }))
  }, [view, name, t])
}
