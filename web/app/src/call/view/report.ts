import type { Call } from 'magpie-client'
import type { LiveView } from './view'

/** The state of a call as text, for somebody who helps from afar. It holds no names, no addresses and nothing said. */
export function callReport(call: Pick<Call, 'id' | 'role' | 'media' | 'state' | 'connection'>, view: LiveView): string {
  const { connection } = call
  const report = {
    call: call.id,
    role: call.role,
    media: call.media,
    state: call.state,
    sending: view.mine,
    receiving: view.theirs,
    quality: view.quality,
    samples: view.tally,
    connection: connection && {
      connection: connection.connectionState,
      ice: connection.iceConnectionState,
      gathering: connection.iceGatheringState,
      signalling: connection.signalingState,
    },
    browser: navigator.userAgent,
  }
  return JSON.stringify(report, null, 2)
}
