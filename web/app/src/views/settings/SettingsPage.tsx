import { useState } from 'react'
import type { SessionState } from 'magpie-client'
import type { Preferences } from '../../model/preferences'
import type { NotificationState } from './Ringing'
import { SettingsView } from './SettingsView'
import { useMediaTrial } from './useMediaTrial'

export interface SettingsPageProps {
  session: SessionState
  preferences: Preferences
  /** My link code is on the screen. */
  offering: boolean
  /** Where others reach this page. */
  origin: string
  /** Milliseconds since 1970. */
  now: number
}

/** The settings with the browser's devices and permissions behind them. */
export default function SettingsPage({ session, preferences, offering, origin, now }: SettingsPageProps) {
  const media = useMediaTrial(preferences)
  const [notifications, setNotifications] = useState<NotificationState>(present)
  const ask = () => void Notification.requestPermission().then(setNotifications)
  return (
    <SettingsView
      session={session}
      preferences={preferences}
      offering={offering}
      media={media}
      notifications={notifications}
      onAskNotifications={ask}
      origin={origin}
      now={now}
    />
  )
}

function present(): NotificationState {
  return typeof Notification === 'undefined' ? 'unsupported' : Notification.permission
}
