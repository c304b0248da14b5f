import { useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import { parseAddress } from '../../model/address'
import { Button, Dialog, TextField, toast } from '../../ui'
import { sentence } from '../errors'
import { useActions, useName } from '../Page'

/** Finds a person by number or handle and keeps them. */
export function AddContact({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const { lookup, addContact } = useActions()
  const name = useName()
  const [text, setText] = useState('')
  const [error, setError] = useState<string | null>(null)
  const [busy, setBusy] = useState(false)

  const type = (value: string) => {
    setText(value)
    setError(null)
  }
  const add = async (who: string) => {
    setBusy(true)
    try {
      const card = await lookup(who)
      await addContact(card.id)
      toast(t('added', { name: name(card) }))
      onClose()
    } catch (failure) {
      setError(sentence(common, failure))
      setBusy(false)
    }
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    // the dialog lies, for React, inside the page: its submit must not reach a form around it
    event.stopPropagation()
    const address = parseAddress(text)
    if (address.kind === 'person') void add(address.to)
    else
      setError(
        address.kind === 'bad-number' ? common('error.bad-number') : t(address.kind === 'empty' ? 'empty' : 'unclear'),
      )
  }
  return (
    <Dialog open onOpenChange={onClose} title={t('addContact')} description={t('addContactText')}>
      <form onSubmit={submit}>
        <TextField
          label={t('field')}
          hideLabel
          placeholder={t('fieldHint')}
          value={text}
          onChange={type}
          error={error}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
        />
        <p />
        <Button type="submit" look="primary" wide busy={busy}>
          {t('addContactAction')}
        </Button>
      </form>
    </Dialog>
  )
}
