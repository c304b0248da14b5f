//! What a connection speaks, told by its first bytes.

/// What the first bytes of a TCP connection (or of the stream inside TLS) announce.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speech {
    /// A TLS record of type handshake.
    Tls,
    /// A STUN message: TURN over TCP or TLS.
    Turn,
    /// Anything else is given to the HTTP parser, which answers nonsense with 400.
    Http,
    /// A STUN message is possible; more bytes decide.
    Undecided,
}

/// Tells the speech from what has arrived so far; eight bytes always decide.
///
/// STUN is recognised by its two leading zero bits and the magic cookie at offset 4, since a lone 0x00 also begins
/// other framings.
///
/// # Spec
/// RFC 8446 section 5.1 (record type 22), RFC 8489 section 5 (cookie), RFC 7983 section 7 (the idea).
#[must_use]
pub fn sniff(start: &[u8]) -> Speech {
    match start {
        [] => Speech::Undecided,
        [0x16, ..] => Speech::Tls,
        [0x00 | 0x01, ..] => stun_or_http(start),
        _ => Speech::Http,
    }
}

fn stun_or_http(start: &[u8]) -> Speech {
    let seen = start.get(4..).unwrap_or_default();
    let seen = seen.get(..MAGIC_COOKIE.len()).unwrap_or(seen);
    match MAGIC_COOKIE.strip_prefix(seen) {
        None => Speech::Http,
        Some([]) => Speech::Turn,
        Some(_) => Speech::Undecided,
    }
}

/// So many first bytes always decide.
pub(super) const ENOUGH: usize = 8;

const MAGIC_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOCATE: [u8; 8] = [0x00, 0x03, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42];

    #[test]
    fn a_tls_handshake_is_known_by_one_byte() {
        assert_eq!(sniff(&[0x16]), Speech::Tls);
    }

    #[test]
    fn a_request_line_is_http() {
        assert_eq!(sniff(b"GET / HTTP/1.1"), Speech::Http);
        assert_eq!(sniff(b"P"), Speech::Http);
    }

    #[test]
    fn a_stun_message_is_known_by_its_cookie() {
        assert_eq!(sniff(&ALLOCATE), Speech::Turn);
    }

    #[test]
    fn the_start_of_a_stun_message_waits_for_the_cookie() {
        for length in 0..ALLOCATE.len() {
            assert_eq!(
                sniff(&ALLOCATE[..length]),
                Speech::Undecided,
                "{length} bytes"
            );
        }
    }

    #[test]
    fn a_zero_byte_without_the_cookie_is_not_turn() {
        assert_eq!(sniff(&[0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x43]), Speech::Http);
        assert_eq!(sniff(&[0, 3, 0, 8, 0x22]), Speech::Http);
    }
}
