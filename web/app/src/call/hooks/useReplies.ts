import { useTranslation } from 'react-i18next'

/** The three ready replies to decline with, in the language of the page. */
export function useReplies(): string[] {
  const { t } = useTranslation('call')
  return [t('incoming.replies.later'), t('incoming.replies.meeting'), t('incoming.replies.write')]
}
