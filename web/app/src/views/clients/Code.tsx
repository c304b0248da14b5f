import { Copy } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { IconButton } from '../../ui'
import { copyText } from '../handOut'
import css from './Clients.module.css'

/** Code as it is to be pasted, with the button that copies it. */
export function Code({ code, label }: { code: string; label: string }) {
  const { t } = useTranslation('clients')
  return (
    <figure className={css.code} aria-label={label}>
      <pre>
        <code>{code}</code>
      </pre>
      <IconButton label={t('copyCode')} className={css.copy} onClick={() => void copyText(code)}>
        <Copy size={20} aria-hidden />
      </IconButton>
    </figure>
  )
}
