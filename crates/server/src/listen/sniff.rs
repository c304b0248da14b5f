//! What a connection speaks, told by its first bytes.

/// What the first byte of a TCP connection, or of the stream inside TLS, announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speech {
    /// A TLS record of type handshake.
    Tls,
    /// A STUN message, if [`is_stun`] agrees: TURN over TCP or TLS.
    Turn,
    /// Anything else is given to the HTTP parser, which answers nonsense with 400.
    Http,
}

/// Tells what a first byte announces.
///
/// # Spec
/// RFC 8446 section 5.1 (record type 22), RFC 8489 section 5 (two zero bits), RFC 7983 section 7 (the idea).
#[must_use]
pub(super) const fn speech(first: u8) -> Speech {
    match first {
        0x16 => Speech::Tls,
        0x00 | 0x01 => Speech::Turn,
        _ => Speech::Http,
    }
}

/// Whether a stream that begins so is STUN: the magic cookie tells, since a lone 0x00 begins other framings too.
///
/// # Spec
/// RFC 8489 section 5.
#[must_use]
pub(super) const fn is_stun(start: [u8; ENOUGH]) -> bool {
    matches!(start, [_, _, _, _, 0x21, 0x12, 0xa4, 0x42])
}

/// So many first bytes tell STUN from everything else.
pub(super) const ENOUGH: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tls_handshake_is_known_by_one_byte() {
        assert_eq!(speech(0x16), Speech::Tls);
    }

    #[test]
    fn a_request_line_is_http() {
        assert!(
            b"GPOHDCT"
                .iter()
                .all(|first| speech(*first) == Speech::Http)
        );
    }

    #[test]
    fn a_stun_message_is_known_by_its_cookie() {
        let allocate = [0x00, 0x03, 0x00, 0x08, 0x21, 0x12, 0xa4, 0x42];
        assert_eq!(speech(allocate[0]), Speech::Turn);
        assert!(is_stun(allocate));
    }

    #[test]
    fn a_zero_byte_without_the_cookie_is_not_turn() {
        assert!(!is_stun([0, 3, 0, 8, 0x21, 0x12, 0xa4, 0x43]));
    }
}
