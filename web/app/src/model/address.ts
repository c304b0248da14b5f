/** What a person typed, pasted or scanned, understood. */
export type Address =
  | { kind: 'empty' }
  /** Something `dial` and `lookup` take: number, handle, person id, the id of a PeerJS client behind `peerjs:`. */
  | { kind: 'person'; to: string }
  | { kind: 'invite'; to: string }
  /** A code that links this browser to a person. */
  | { kind: 'device-link'; code: string }
  /** Nine digits whose check digit does not fit: one is mistyped. */
  | { kind: 'bad-number' }
  | { kind: 'unclear' }

/**
 * Understands the one field of the home screen: a number with or without spaces, a handle with or without `@`, the id of a
 * PeerJS client behind `peerjs:`, a call link, an invite link or its code, a device link. Links are taken by their path, whatever their host: one server may be
 * reached under several addresses.
 */
export function parseAddress(typed: string): Address {
  const text = typed.normalize('NFC').trim()
  if (text === '') return { kind: 'empty' }
  const link = /https?:\/\/\S+/i.exec(text)?.[0]
  if (link) return parseLink(link)
  return parseName(text)
}

/** A number in groups of three, for the eye. */
export function groupNumber(number: string): string {
  return number.replace(/(\d{3})(?=\d)/g, '$1 ')
}

function parseLink(link: string): Address {
  if (!URL.canParse(link)) return { kind: 'unclear' }
  const url = new URL(link)
  const code = new URLSearchParams(url.hash.slice(1)).get('link')
  if (code) return { kind: 'device-link', code }
  const who = /^\/call\/([^/]+)\/?$/.exec(url.pathname)?.[1]
  if (!who) return { kind: 'unclear' }
  try {
    return parseName(decodeURIComponent(who))
  } catch {
    return { kind: 'unclear' }
  }
}

function parseName(text: string): Address {
  if (/^i-[\w-]{4,64}$/.test(text)) return { kind: 'invite', to: text }
  // people write numbers with spaces, dashes, dots, and on Chinese keyboards in full width
  const digits = text.normalize('NFKC').replace(/[\s.\-()·]/g, '')
  if (/^\d{9}$/.test(digits)) return checks(digits) ? { kind: 'person', to: digits } : { kind: 'bad-number' }
  const peer = /^peerjs[:：]\s*([\w-]+(?: [\w-]+)*)$/i.exec(text)?.[1]
  if (peer !== undefined) return peer.length <= 57 ? { kind: 'person', to: `peerjs:${peer}` } : { kind: 'unclear' }
  const name = text.replace(/^[@＠]/, '')
  if (/^[\p{L}\p{M}\p{N}_-]{2,32}$/u.test(name) && !/^\d+$/.test(name)) return { kind: 'person', to: name }
  return { kind: 'unclear' }
}

/** The check digit of a number (H. M. Damm's quasigroup of order 10): catches each single slip and each swap of neighbours. */
function checks(digits: string): boolean {
  let interim = 0
  for (const digit of digits) interim = Number(DAMM[interim]?.[Number(digit)])
  return interim === 0
}

const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
]
