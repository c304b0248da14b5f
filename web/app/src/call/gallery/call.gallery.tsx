import type { MediaFailure } from 'magpie-client/devices'
import { ada, stranger } from '../../gallery/fixtures'
import type { GalleryEntry } from '../../gallery/registry'
import {
  Checked,
  ended,
  incoming,
  live,
  microphoneOnly,
  mine,
  outgoing,
  PutRight,
  quality,
  refused,
  shared,
  Still,
  theirs,
} from './stills'

const FAILURES: readonly MediaFailure[] = [
  'denied',
  'denied-by-system',
  'dismissed',
  'in-use',
  'not-found',
  'constraint',
  'insecure',
  'unsupported',
  'unknown',
]

/** Every view of a call in its states. Each is drawn by the very components of the page. */
export const entries: GalleryEntry[] = [
  {
    view: 'outgoing',
    states: {
      dialing: () => <Still view={outgoing('dialing')} call={{ media: 'audio' }} />,
      ringing: () => <Still view={outgoing('ringing')} call={{}} me />,
      alerting: () => <Still view={outgoing('alerting')} call={{ media: 'audio' }} />,
    },
  },
  {
    view: 'incoming',
    states: {
      video: () => <Still view={incoming('ringing')} call={{ role: 'callee' }} />,
      stranger: () => <Still view={incoming('ringing')} call={{ role: 'callee', peer: ada, media: 'audio' }} />,
      reply: () => <Still view={incoming('replying')} call={{ role: 'callee' }} />,
      preparing: () => <Still view={incoming('preparing')} call={{ role: 'callee' }} />,
    },
  },
  {
    view: 'rejoining',
    states: {
      waiting: () => <Still view={{ ...shared(), at: 'rejoining' }} call={{}} />,
    },
  },
  {
    view: 'in-call',
    states: {
      connecting: () => <Still view={live({ link: { kind: 'connecting' }, since: null })} call={{}} me />,
      video: () => <Still view={live({})} call={{}} me them />,
      faded: () => <Still view={live({ controls: 'faded' })} call={{}} me them />,
      portrait: () => <Still view={live({})} call={{}} me them="portrait" />,
      audio: () => (
        <Still view={live({ theirs: theirs({ video: false }), mine: mine('on', 'off') })} call={{ media: 'audio' }} />
      ),
      muted: () => <Still view={live({ mine: mine('off', 'on') })} call={{}} me them />,
      'talking-muted': () => (
        <Still
          view={live({ mine: mine('off', 'on'), speech: { kind: 'noticed', until: Infinity } })}
          call={{}}
          me
          them
        />
      ),
      'weak-theirs': () => (
        <Still view={live({ quality: quality({ level: 'weak', side: 'theirs' }) })} call={{}} me them />
      ),
      'weak-mine': () => <Still view={live({ quality: quality({ level: 'weak', side: 'mine' }) })} call={{}} me them />,
      reconnecting: () => <Still view={live({ link: { kind: 'reconnecting', cause: 'media' } })} call={{}} me them />,
      'server-lost': () => (
        <Still view={live({ link: { kind: 'reconnecting', cause: 'signalling' } })} call={{}} me them />
      ),
      away: () => <Still view={live({ link: { kind: 'reconnecting', cause: 'peer' } })} call={{}} me them />,
      'peer-muted': () => <Still view={live({ theirs: theirs({ audio: false }) })} call={{}} me them />,
      relayed: () => <Still view={live({ quality: quality({ relayed: true }) })} call={{}} me them />,
      'camera-off': () => (
        <Still view={live({ theirs: theirs({ video: false }), mine: mine('on', 'on') })} call={{}} me />
      ),
      screen: () => (
        <Still
          view={live({ theirs: theirs({ screen: true }) })}
          call={{ peerMedia: theirs({ screen: true }) }}
          me
          them
          screen
        />
      ),
      sharing: () => <Still view={live({ mine: { ...mine('on', 'on'), sharing: true } })} call={{}} me them />,
      more: () => <Still view={live({ panel: 'more' })} call={{}} me them />,
      devices: () => <Still view={live({ panel: 'devices' })} call={{}} me them />,
      statistics: () => <Still view={live({ panel: 'statistics', quality: quality({}) })} call={{}} me them />,
      listening: () => <Still view={live({ mine: mine('absent', 'off') })} call={{}} them />,
    },
  },
  {
    view: 'ended',
    states: {
      hangup: () => (
        <Still
          view={ended('hangup', {
            durationMs: 754_000,
            wasLive: true,
            tally: { good: 40, fair: 2, weak: 0, weakMine: 0, weakTheirs: 0 },
          })}
          call={{}}
        />
      ),
      weak: () => (
        <Still
          view={ended('hangup', {
            durationMs: 3_754_000,
            wasLive: true,
            tally: { good: 4, fair: 2, weak: 9, weakMine: 1, weakTheirs: 8 },
          })}
          call={{}}
        />
      ),
      declined: () => <Still view={ended('declined', { text: 'On my way. See you soon.' })} call={{}} />,
      busy: () => <Still view={ended('busy', {})} call={{}} />,
      'no-answer': () => <Still view={ended('no-answer', {})} call={{ media: 'audio' }} />,
      missed: () => <Still view={ended('cancelled', { role: 'callee' })} call={{ role: 'callee' }} />,
      lost: () => <Still view={ended('lost', { wasLive: true, durationMs: 65_000 })} call={{}} />,
      unreachable: () => <Still view={ended('unreachable', {})} call={{}} />,
      unknown: () => <Still view={ended('unknown-person', {})} call={{ peer: stranger }} />,
    },
  },
  {
    view: 'check',
    states: {
      waiting: () => <Checked answer={new Promise(() => undefined)} />,
      ready: () => <PutRight />,
      'camera-only': () => <Checked answer={microphoneOnly('not-found')} />,
      'listen-only': () => <Checked answer={Promise.resolve({ ok: false, audio: 'not-found', video: 'in-use' })} />,
      ...Object.fromEntries(FAILURES.map((why) => [why, () => <Checked answer={refused(why)} />])),
    },
  },
]
