import type { Call } from 'magpie-client'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Button, TextField } from '../../ui'
import css from './Incoming.module.css'

/** Declining with words of one's own. */
export function OwnReply({ call, onBack }: { call: Call; onBack: () => void }) {
  const { t } = useTranslation('call')
  const [text, setText] = useState('')
  const input = useRef<HTMLInputElement>(null)
  // the menu gives the focus back to its button while it closes; the field takes it after that
  useEffect(() => {
    const timer = setTimeout(() => input.current?.focus(), 50)
    return () => clearTimeout(timer)
  }, [])
  const ready = text.trim() !== ''
  return (
    <form
      className={css.reply}
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) call.decline(text.trim())
      }}
    >
      <TextField
        ref={input}
        label={t('incoming.ownReplyLabel')}
        value={text}
        onChange={setText}
        maxLength={MOST_CHARACTERS}
        autoComplete="off"
        enterKeyHint="send"
      />
      <div className={css.row}>
        <Button onClick={onBack}>{t('incoming.back')}</Button>
        <Button look="danger" type="submit" disabled={!ready}>
          {t('incoming.sendReply')}
        </Button>
      </div>
    </form>
  )
}

/** What the protocol carries as a reason. */
const MOST_CHARACTERS = 200
