import type { Call } from 'magpie-client'
import { useCallback, useRef, useState, type Dispatch } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangePreferences, Preferences } from '../../model/preferences'
import { classes } from '../../ui'
import { useActivity } from '../hooks/useActivity'
import { useMutedLevel } from '../hooks/useMutedLevel'
import { useNotices } from '../hooks/useNotices'
import { useQuality } from '../hooks/useQuality'
import { useShortcuts } from '../hooks/useShortcuts'
import type { LocalMedia } from '../media/local'
import { topLine } from '../view/line'
import type { CallEvent, LiveView } from '../view/view'
import { Controls } from './Controls'
import { Remote } from './Remote'
import { SelfView } from './SelfView'
import { Stage } from './Stage'
import { TopBar } from './TopBar'
import css from './InCall.module.css'

interface InCallProps {
  call: Call
  name: string
  local: LocalMedia
  view: LiveView
  dispatch: Dispatch<CallEvent>
  prefs: Preferences
  onPrefs: ChangePreferences
}

/** The conversation: they fill the screen, I am small, everything else keeps out of the way. */
export function InCall({ call, name, local, view, dispatch, prefs, onPrefs }: InCallProps) {
  const { t } = useTranslation('call')
  const remote = useRef<HTMLVideoElement>(null)
  const [blocked, setBlocked] = useState<(() => void) | null>(null)
  const onBlocked = useCallback((play: () => void) => setBlocked(() => play), [])
  const actions = callActions(call, local)
  useQuality(call, view.link.kind === 'connected', dispatch)
  useMutedLevel(view, local, dispatch)
  useNotices(local, onPrefs)
  useShortcuts({ m: actions.microphone, v: actions.camera, s: actions.share, h: actions.hangUp })
  const activity = useActivity(dispatch)
  const picture = view.theirs.video || view.theirs.screen
  const night = picture || (view.mine.camera === 'on' && call.media === 'video')
  return (
    <Stage label={t('live.region')} scene={night ? 'night' : 'paper'} {...activity}>
      <div className={styleOf(picture)} data-controls={view.controls}>
        <Remote call={call} name={name} view={view} speaker={prefs.speaker} videoRef={remote} onBlocked={onBlocked} />
        <TopBar view={view} name={name} line={topLine(view)} blocked={blocked} onUnblocked={() => setBlocked(null)} />
        {view.mine.camera === 'on' && (
          <SelfView
            stream={local.stream}
            mine={view.mine}
            facing={local.facing}
            corner={view.corner}
            onCorner={(corner) => dispatch({ type: 'corner', corner })}
          />
        )}
        <Controls
          call={call}
          local={local}
          view={view}
          dispatch={dispatch}
          actions={actions}
          remote={remote}
          prefs={prefs}
          onPrefs={onPrefs}
        />
      </div>
    </Stage>
  )
}

/** What the bar, the keys and the system's controls all do. */
export interface CallActions {
  microphone: () => void
  camera: () => void
  share: () => void
  hangUp: () => void
}

function callActions(call: Call, local: LocalMedia): CallActions {
  return {
    microphone: () => local.setMicrophone(local.mine.microphone !== 'on'),
    camera: () => local.setCamera(local.mine.camera !== 'on'),
    share: () => void (local.mine.sharing ? local.stopSharing() : local.share()),
    hangUp: () => call.hangUp(),
  }
}

function styleOf(picture: boolean): string {
  return classes(css.live, picture && css.overPicture)
}
