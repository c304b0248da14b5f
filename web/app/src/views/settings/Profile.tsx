import { useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { Me } from 'magpie-client'
import { Button, TextField, toast } from '../../ui'
import { codeOf, sentence } from '../errors'
import { useActions } from '../Page'
import { Section } from './Section'
import css from './Settings.module.css'

/** My name and handle. What was not touched follows the server, so that another device's change shows. */
export function Profile({ me, online }: { me: Me | null; online: boolean }) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const { setProfile } = useActions()
  const [draft, setDraft] = useState<{ name?: string; handle?: string }>({})
  const [failure, setFailure] = useState<unknown>(null)
  const [busy, setBusy] = useState(false)
  const name = draft.name ?? me?.name ?? ''
  const handle = draft.handle ?? me?.handle ?? ''

  const save = async () => {
    setBusy(true)
    setFailure(null)
    try {
      const wanted = handle.trim().replace(/^[@＠]/, '')
      await setProfile({ name: name.trim(), handle: wanted === '' ? null : wanted })
      setDraft({})
      toast(common('saved'))
    } catch (error) {
      setFailure(error)
    } finally {
      setBusy(false)
    }
  }
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    void save()
  }
  const onName = failure !== null && codeOf(failure) === 'bad-name'
  return (
    <Section title={t('profile.title')}>
      <form className={css.form} onSubmit={submit}>
        <TextField
          label={t('profile.name')}
          hint={t('profile.nameHint')}
          value={name}
          onChange={(text) => setDraft({ ...draft, name: text })}
          maxLength={64}
          autoComplete="nickname"
          disabled={!online}
          error={onName ? sentence(common, failure) : null}
        />
        <TextField
          label={t('profile.handle')}
          hint={t('profile.handleHint')}
          prefix="@"
          value={handle}
          onChange={(text) => setDraft({ ...draft, handle: text })}
          maxLength={33}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          disabled={!online}
          error={failure !== null && !onName ? sentence(common, failure) : null}
        />
        <div className={css.buttons}>
          <Button type="submit" look="primary" busy={busy} disabled={!online}>
            {common('save')}
          </Button>
        </div>
      </form>
    </Section>
  )
}
