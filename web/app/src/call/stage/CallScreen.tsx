import type { Call, MediaKind } from 'magpie-client'
import { lazy, Suspense, useEffect, type Dispatch } from 'react'
import type { ChangePreferences, Preferences } from '../../model/preferences'
import type { LocalMedia } from '../media/local'
import { closesSilently } from '../view/ending'
import type { CallEvent, CallView } from '../view/view'
import { Ended } from './Ended'
import { Incoming } from './Incoming'
import { Outgoing } from './Outgoing'
import { Rejoining } from './Rejoining'
import { Ground } from './Stage'

export interface CallScreenProps {
  call: Call
  name: string
  about: string
  local: LocalMedia
  view: CallView
  dispatch: Dispatch<CallEvent>
  prefs: Preferences
  onPrefs: ChangePreferences
  onAnswer: (media: MediaKind) => void
  onClose: () => void
  redial: (to: string, media: MediaKind) => void
}

// The screen of a running call is fetched while it rings, since a page where nobody calls never needs it.
const loadInCall = () => import('./InCall')
const InCall = lazy(async () => ({ default: (await loadInCall()).InCall }))

/** Draws a call's view. Nothing here knows how the view came about. */
export function CallScreen(props: CallScreenProps) {
  useEffect(() => void loadInCall(), [])
  if (props.view.at === 'ended' && closesSilently(props.view)) return null
  return (
    <>
      <Ground />
      <CurrentStage {...props} />
    </>
  )
}

function CurrentStage({ view, ...props }: CallScreenProps) {
  switch (view.at) {
    case 'outgoing':
      return <Outgoing {...props} view={view} />
    case 'incoming':
      return <Incoming {...props} view={view} />
    case 'rejoining':
      return <Rejoining {...props} />
    case 'live':
      return (
        <Suspense fallback={null}>
          <InCall {...props} view={view} />
        </Suspense>
      )
    case 'ended':
      return <Ended {...props} view={view} />
  }
}
