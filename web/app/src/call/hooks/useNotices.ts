import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from '../../ui'
import type { LocalMedia } from '../media/local'

/** Shows and reads what happened to my devices: unplugged, replaced, not to be had. */
export function useNotices(local: LocalMedia): void {
  const { t } = useTranslation('call')
  useEffect(
    () =>
      local.onNotice((notice) => {
        if (notice.kind !== 'failed') return toast(t(`notice.${notice.kind}.${notice.media}`))
        if (notice.media === 'screen') return toast(t('notice.failed.screen'))
        const device = notice.media === 'video' ? 'camera' : 'microphone'
        toast(t(`check.trouble.${notice.why}.${device}`))
      }),
    [local, t],
  )
}
