import type { MediaKind } from 'magpie-client'
import type { MediaFailure } from 'magpie-client/devices'
import { useEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { toast } from '../../ui'
import { askInDialog } from '../check/ask'
import type { ChangePreferences } from '../../model/preferences'
import type { LocalMedia } from '../media/local'

/** Shows and reads what happened to my devices: unplugged, replaced; one that could not be had opens the check. */
export function useNotices(local: LocalMedia, onPrefs: ChangePreferences): void {
  const { t } = useTranslation('call')
  useEffect(
    () =>
      local.onNotice((notice) => {
        if (notice.kind !== 'failed') toast(t(`notice.${notice.kind}.${notice.media}`))
        else if (notice.media === 'screen') toast(t('notice.failed.screen'))
        else void switchOn(local, onPrefs, notice.media, notice.why)
      }),
    [local, onPrefs, t],
  )
}

/** The check for one device in the middle of a call: what is wrong, what to press, and on when it works. */
async function switchOn(
  local: LocalMedia,
  remember: ChangePreferences,
  media: MediaKind,
  why: MediaFailure,
): Promise<void> {
  const wants = { audio: media === 'audio', video: media === 'video' }
  const failed = Promise.resolve({ ok: false as const, [media]: why })
  const { chosen, over: signal } = local
  const prepared = await askInDialog({ wants, purpose: 'switchOn', chosen, remember, signal }, failed)
  if (prepared.ok && prepared.stream) local.take(prepared.stream, prepared.chosen)
}
