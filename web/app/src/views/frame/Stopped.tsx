import { useTranslation } from 'react-i18next'
import type { SessionState } from 'magpie-client'
import { Button } from '../../ui'
import { To, useActions } from '../Page'
import { Explain } from './Explain'
import link from './Stopped.module.css'

type Stop = Extract<SessionState, { kind: 'replaced' | 'failed' }>

/** The session cannot go on in this tab: why, and the way out. */
export function Stopped({ session }: { session: Stop }) {
  const { t } = useTranslation('common')
  const { takeOver } = useActions()
  if (session.kind === 'replaced') {
    return (
      <Explain
        title={t('replaced.title')}
        text={t('replaced.text')}
        actions={
          <Button look="primary" onClick={takeOver}>
            {t('replaced.action')}
          </Button>
        }
      />
    )
  }
  return (
    <Explain
      title={t(`failed.${session.code}.title`)}
      text={t(`failed.${session.code}.text`)}
      next={t(`failed.${session.code}.next`)}
      actions={session.code === 'insecure' ? <SecureWay /> : <Reload />}
      detail={{ label: t('failed.reason'), text: session.detail }}
    />
  )
}

function Reload() {
  const { t } = useTranslation('common')
  return (
    <Button look="primary" onClick={() => location.reload()}>
      {t('reload')}
    </Button>
  )
}

function SecureWay() {
  const { t } = useTranslation('common')
  return (
    <>
      <a className={link.button} href={`https://${location.host}${location.pathname}`}>
        {t('failed.insecure.open')}
      </a>
      <To route={{ kind: 'trust' }} className={link.link}>
        {t('failed.insecure.trust')}
      </To>
    </>
  )
}
