/** Base64url without padding (RFC 4648, section 5). */
export function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
}

/** Base32 in lower case without padding (RFC 4648, section 6). */
export function base32(bytes: Uint8Array): string {
  let text = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += ALPHABET.charAt((held >>> (bits - 5)) & 31)
    held &= 255
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text
}

/** 16 random bytes as 22 characters: call ids and tab ids. */
export function randomId(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(16)))
}

/** A random epoch, 1 to 2^31 - 1. */
export function randomEpoch(): number {
  const [value = 0] = crypto.getRandomValues(new Uint32Array(1))
  return (value % 0x7fffffff) + 1
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'
