import { MagpieError, type OneTimeCode, type SessionState } from 'magpie-client'
import type { ReactNode } from 'react'
import type { Actions } from '../model/actions'
import type { Route } from '../model/route'
import { Dialog } from '../ui'
import { Frame } from '../views/frame/Frame'
import { Stopped } from '../views/frame/Stopped'
import { HomeView } from '../views/home/HomeView'
import { LandingView, type Found } from '../views/home/LandingView'
import { LinkDialogs } from '../views/link/LinkDialogs'
import { WithActions } from '../views/Page'
import { ScanView, type ScanStatus } from '../views/scan/ScanDialog'
import { InviteLink } from '../views/settings/Invite'
import { EnterCode, OfferCode } from '../views/settings/LinkCode'
import type { MediaTrial } from '../views/settings/MediaDevices'
import type { NotificationState } from '../views/settings/Ringing'
import { SettingsView } from '../views/settings/SettingsView'
import { ClientsView } from '../views/clients/ClientsView'
import { PROTOCOLS, type Protocol } from '../views/clients/snippets'
import type { DemoState, Pane } from '../views/clients/state'
import { TrustView } from '../views/trust/TrustView'
import type { Light, Told } from '../views/trust/useTrust'
import * as made from './fixtures'
import type { GalleryEntry } from './registry'

const code: OneTimeCode = { code: 'K7QX2M4P', url: `${made.ORIGIN}/#link=K7QX2M4P`, expires: made.NOW + 272_000 }
const invite: OneTimeCode = {
  code: 'Ab3x9YzQ',
  url: `${made.ORIGIN}/call/i-Ab3x9YzQ`,
  expires: made.NOW + 7 * 86_400_000,
}
const fingerprint = Array.from({ length: 32 }, (_, index) =>
  ((index * 37 + 11) % 256).toString(16).padStart(2, '0').toUpperCase(),
).join(':')

/** All views outside a call. */
export const entries: GalleryEntry[] = [
  {
    view: 'home',
    states: {
      empty: () => home(made.first),
      full: () => home(made.online, true),
      loading: () => home(made.connecting),
      offline: () => home(made.offline, true),
      error: () => stopped({ kind: 'failed', code: 'refused', detail: 'origin https://10.0.0.7 is not allowed' }),
      denied: () => stopped({ kind: 'failed', code: 'storage', detail: 'SecurityError: The operation is insecure.' }),
      unsupported: () => stopped({ kind: 'failed', code: 'unsupported', detail: 'no WebRTC' }),
      insecure: () => stopped({ kind: 'failed', code: 'insecure', detail: 'no subtle crypto' }),
      replaced: () => stopped({ kind: 'replaced' }),
    },
  },
  {
    view: 'landing',
    states: {
      person: () => landing({ kind: 'person', card: made.lin }),
      invite: () => landing({ kind: 'invite' }),
      self: () => landing({ kind: 'person', card: made.me }),
      loading: () => landing({ kind: 'looking' }),
      error: () => landing({ kind: 'failed', error: new MagpieError('unknown-person') }),
      offline: () => landing({ kind: 'looking' }, made.offline),
    },
  },
  {
    view: 'settings',
    states: {
      full: () => settings(made.online),
      empty: () => settings(made.first, { kind: 'idle' }, 'default'),
      loading: () => settings(made.connecting),
      offline: () => settings(made.offline),
      denied: () =>
        settings(
          made.online,
          { kind: 'running', stream: null, failures: { audio: 'denied', video: 'denied' } },
          'denied',
        ),
      error: () =>
        settings(made.online, { kind: 'running', stream: null, failures: { audio: 'not-found', video: 'in-use' } }),
      unsupported: () =>
        settings(
          made.online,
          { kind: 'running', stream: null, failures: { audio: 'unsupported', video: 'unsupported' } },
          'unsupported',
        ),
    },
  },
  {
    view: 'trust',
    states: {
      untrusted: () => trust('notYet', { kind: 'told', status: { fingerprint, origins: [] } }),
      trusted: () => trust('trusted', { kind: 'told', status: { fingerprint, origins: [] } }),
      loading: () => trust('checking', { kind: 'asking' }),
      error: () => trust('trusted', { kind: 'failed' }),
      offline: () => trust('unreachable', { kind: 'failed' }),
      empty: () => trust('trusted', { kind: 'told', status: { fingerprint: null, origins: [] } }),
      localhost: () =>
        trust('trusted', { kind: 'told', status: { fingerprint, origins: [] } }, 'https://localhost:8443'),
    },
  },
  {
    view: 'clients',
    states: {
      ...Object.fromEntries(PROTOCOLS.map((protocol) => [protocol, () => clients({ kind: 'idle' }, protocol)])),
      loading: () => clients({ kind: 'starting' }),
      running: () => clients({ kind: 'running', panes: [pane('A', 1284), pane('B', 0)], refused: false }),
      denied: () => clients({ kind: 'running', panes: [pane('A', 8), pane('B', 9)], refused: true }),
      slow: () => clients({ kind: 'failed', why: 'slow', detail: '' }),
      error: () => clients({ kind: 'failed', why: 'error', detail: 'TypeError: Failed to fetch' }),
      unsupported: () => clients({ kind: 'failed', why: 'unsupported', detail: '' }),
      offline: () => clients({ kind: 'idle' }, 'peerjs', made.offline),
    },
  },
  {
    view: 'scan',
    states: {
      loading: () => scan('scanStarting'),
      denied: () => scan('scanDenied'),
      empty: () => scan('scanMissing'),
      error: () => scan('scanForeign'),
      unsupported: () => scan('scanUnsupported'),
    },
  },
  {
    view: 'link',
    states: {
      request: () =>
        over(<LinkDialogs requests={[{ device: 'd3', label: 'Firefox on Android' }]} claim={null} online />),
      asking: () => over(<LinkDialogs requests={[]} claim={{ kind: 'asking', code: 'K7QX2M4P' }} online />),
      offline: () =>
        over(<LinkDialogs requests={[]} claim={{ kind: 'asking', code: 'K7QX2M4P' }} online={false} />, made.offline),
      loading: () => over(<LinkDialogs requests={[]} claim={{ kind: 'waiting', code: 'K7QX2M4P' }} online />),
      error: () =>
        over(<LinkDialogs requests={[]} claim={{ kind: 'failed', code: 'K7QX2M4P', error: 'bad-code' }} online />),
      offer: () => offering({ offerLink: () => Promise.resolve(code) }),
      'offer-loading': () => offering({}),
      'offer-error': () => offering({ offerLink: () => Promise.reject(new MagpieError('rate')) }),
      enter: () => over(<EnterCode onClose={nothing} />),
      invite: () =>
        over(
          <Dialog open onOpenChange={nothing} title="Invite">
            <InviteLink invite={invite} />
          </Dialog>,
        ),
    },
  },
]

function nothing(): void {}

function frame(kind: 'home' | 'settings' | 'trust' | 'clients', session: SessionState, children: ReactNode): ReactNode {
  const route: Route = { kind }
  return (
    <Frame route={route} session={session} language="system" covered={false}>
      {children}
    </Frame>
  )
}

function home(session: SessionState, known = false): ReactNode {
  return frame(
    'home',
    session,
    <HomeView
      session={session}
      remembered={null}
      recents={known ? made.recents : []}
      preferences={known ? made.armed : made.preferences}
      origin={made.ORIGIN}
      now={made.NOW}
    />,
  )
}

function stopped(session: Extract<SessionState, { kind: 'failed' | 'replaced' }>): ReactNode {
  return frame('home', session, <Stopped session={session} />)
}

function landing(found: Found, session: SessionState = made.first): ReactNode {
  return frame(
    'home',
    session,
    <LandingView
      who="lin"
      session={found.kind === 'person' && found.card === made.me ? made.online : session}
      origin={made.ORIGIN}
      found={found}
      onRetry={nothing}
    />,
  )
}

function settings(
  session: SessionState,
  state: MediaTrial['state'] = { kind: 'idle' },
  notifications: NotificationState = 'granted',
): ReactNode {
  const media: MediaTrial = {
    devices: {
      cameras: [{ id: 'c1', label: 'Integrated Camera' }],
      microphones: [{ id: 'm1', label: 'Built-in Audio' }],
      speakers: [],
    },
    speakerChoice: notifications !== 'unsupported',
    state,
    level: 0.4,
    onStart: nothing,
    onStop: nothing,
  }
  return frame(
    'settings',
    session,
    <SettingsView
      session={session}
      preferences={{ ...made.armed, hideAddress: session === made.online }}
      offering={false}
      origin={made.ORIGIN}
      media={media}
      notifications={notifications}
      onAskNotifications={nothing}
      now={made.NOW}
    />,
  )
}

function trust(light: Light, told: Told, origin = made.ORIGIN): ReactNode {
  return frame(
    'trust',
    made.online,
    <TrustView light={light} told={told} origin={origin} secure={false} system="ios" onRetry={nothing} />,
  )
}

function clients(demo: DemoState, protocol: Protocol = 'peerjs', session: SessionState = made.online): ReactNode {
  return frame(
    'clients',
    session,
    <ClientsView
      origin={made.ORIGIN}
      protocol={protocol}
      onProtocol={nothing}
      demo={demo}
      controls={{ start: nothing, stop: nothing, frames: nothing }}
    />,
  )
}

function pane(name: Pane['name'], frames: number): Pane {
  return { name, own: null, remote: null, stage: 'calling', frames }
}

function over(dialog: ReactNode, session: SessionState = made.online): ReactNode {
  return (
    <>
      {home(session, true)}
      {dialog}
    </>
  )
}

function scan(status: ScanStatus): ReactNode {
  return over(<ScanView status={status} stream={null} onCode={nothing} onRetry={nothing} onClose={nothing} />)
}

function offering(answers: Partial<Actions>): ReactNode {
  return (
    <WithActions actions={{ ...made.quietActions, ...answers }}>
      {over(<OfferCode onClose={nothing} origin={made.ORIGIN} now={made.NOW} />)}
    </WithActions>
  )
}
