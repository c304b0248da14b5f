import type { Call, MediaKind } from 'magpie-client'
import type { Dispatch } from 'react'
import type { Preferences } from '../../model/preferences'
import type { LocalMedia } from '../media/local'
import { closesSilently } from '../view/ending'
import type { CallEvent, CallView } from '../view/view'
import { Ended } from './Ended'
import { InCall } from './InCall'
import { Incoming } from './Incoming'
import { Outgoing } from './Outgoing'
import { Rejoining } from './Rejoining'

export interface CallScreenProps {
  call: Call
  name: string
  about: string
  local: LocalMedia
  view: CallView
  dispatch: Dispatch<CallEvent>
  prefs: Preferences
  onPrefs: (prefs: Preferences) => void
  onAnswer: (media: MediaKind) => void
  onClose: () => void
  redial: (to: string, media: MediaKind) => void
}

/** Draws a call's view. Nothing here knows how the view came about. */
export function CallScreen({ view, ...props }: CallScreenProps) {
  switch (view.at) {
    case 'outgoing':
      return <Outgoing {...props} view={view} />
    case 'incoming':
      return <Incoming {...props} view={view} />
    case 'rejoining':
      return <Rejoining {...props} />
    case 'live':
      return <InCall {...props} view={view} />
    case 'ended':
      return closesSilently(view) ? null : <Ended {...props} view={view} />
  }
}
