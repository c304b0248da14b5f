import type { Call, Magpie, MediaKind } from 'magpie-client'
import { useCallback, useEffect, useRef, type Dispatch } from 'react'
import { useTranslation } from 'react-i18next'
import { secondName } from '../model/people'
import type { ChangePreferences, Preferences } from '../model/preferences'
import { toast } from '../ui'
import { useName } from '../views/Page'
import { useCallView } from './hooks/useCallView'
import { useCompany } from './hooks/useCompany'
import { useLineSounds, useRinging } from './hooks/useRinging'
import { useSayings } from './hooks/useSayings'
import { endFloat } from './media/float'
import { CallScreen } from './stage/CallScreen'
import { answerCall, localMediaOf, rejoinCall, type Kept } from './start'
import { closesSilently } from './view/ending'
import type { CallEvent, CallView } from './view/view'

export interface CallStageProps {
  client: Magpie
  /** The call to show; kept by the caller after its end, until `onClose`. */
  call: Call
  prefs: Preferences
  onPrefs: ChangePreferences
  onClose: () => void
  redial: (to: string, media: MediaKind) => void
}

/** Everything of one call, from ringing to its end, over the whole page. */
export function CallStage(props: CallStageProps) {
  return <OneCall key={props.call.id} {...props} />
}

function OneCall({ client, call, prefs, onPrefs, onClose, redial }: CallStageProps) {
  const local = localMediaOf(call)
  const [view, dispatch] = useCallView(call, local)
  const name = useName()(call.peer)
  const { t } = useTranslation('call')
  const about = useAbout(client, call)
  useRinging(view, call.id, name, prefs.ringtone)
  useLineSounds(view)
  useCompany(
    view,
    local,
    t('live.with', { name }),
    useCallback(() => call.hangUp(), [call]),
  )
  useSayings(view, name)
  useRejoin(call, view, { prefs, onPrefs })
  useSilentClose(view, onClose)
  return (
    <CallScreen
      call={call}
      name={name}
      about={about}
      local={local}
      view={view}
      dispatch={dispatch}
      prefs={prefs}
      onPrefs={onPrefs}
      onAnswer={(media) => void answer(call, media, { prefs, onPrefs }, dispatch)}
      onClose={onClose}
      redial={redial}
    />
  )
}

async function answer(call: Call, media: MediaKind, kept: Kept, dispatch: Dispatch<CallEvent>): Promise<void> {
  dispatch({ type: 'preparing' })
  if (!(await answerCall(call, media, kept))) dispatch({ type: 'not-prepared' })
}

/** How I know them: from my contacts, or not at all. */
function useAbout(client: Magpie, call: Call): string {
  const { t } = useTranslation('call')
  const { session } = client
  const contacts = session.kind === 'online' || session.kind === 'offline' ? session.contacts : []
  const known = contacts.some(({ id }) => id === call.peer.id)
  return [known ? t('incoming.contact') : t('incoming.stranger'), secondName(call.peer)].filter(Boolean).join(' · ')
}

/** Once per call, even when React mounts the view twice. */
function useRejoin(call: Call, view: CallView, { prefs, onPrefs }: Kept): void {
  const asked = useRef(false)
  const rejoins = view.at === 'rejoining'
  useEffect(() => {
    if (!rejoins || asked.current) return
    asked.current = true
    // who gives up the devices gives up the call
    void rejoinCall(call, { prefs, onPrefs }).then((back) => back || call.hangUp())
  }, [rejoins, call, prefs, onPrefs])
}

function useSilentClose(view: CallView, onClose: () => void): void {
  const { t } = useTranslation('call')
  const silent = view.at === 'ended' ? closesSilently(view) : null
  useEffect(() => {
    if (view.at === 'ended') endFloat()
  }, [view.at])
  useEffect(() => {
    if (silent === null) return
    if (silent !== 'declined')
      toast(t(silent === 'answered-elsewhere' ? 'say.answeredElsewhere' : 'say.declinedElsewhere'))
    onClose()
  }, [silent, onClose, t])
}
