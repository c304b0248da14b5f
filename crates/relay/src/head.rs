//! What stands in front of a peer's payload on its way to the client, kept apart so that the payload is never copied.

use std::net::SocketAddr;

use crate::address::PeerAddr;
use crate::framing::MAGIC_COOKIE;

/// Up to 48 bytes that precede a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    bytes: [u8; 48],
    length: usize,
}

impl Head {
    /// ChannelData header (RFC 8656 section 12.4).
    #[inline]
    pub(crate) fn channel(number: u16, payload: usize) -> Option<Self> {
        let [l0, l1] = u16::try_from(payload).ok()?.to_be_bytes();
        let [n0, n1] = number.to_be_bytes();
        let mut head = Self::empty();
        head.length = 4;
        if let Some(first) = head.bytes.first_chunk_mut() {
            *first = [n0, n1, l0, l1];
        }
        Some(head)
    }

    /// Data indication up to the value of its DATA attribute (RFC 8656 section 11.4), padded by [`padding`].
    pub(crate) fn data_indication(
        transaction: [u8; 12],
        peer: PeerAddr,
        payload: usize,
    ) -> Option<Self> {
        let data = u16::try_from(payload).ok()?;
        let address: u16 = if peer.get().is_ipv4() { 8 } else { 20 };
        let padding = u16::try_from(padding(payload)).ok()?;
        let length = data
            .checked_add(padding)?
            .checked_add(address)?
            .checked_add(8)?;
        let mut head = Self::empty();
        head.push(&[0x00, 0x17]);
        head.push(&length.to_be_bytes());
        head.push(&MAGIC_COOKIE);
        head.push(&transaction);
        head.push(&[0x00, 0x12]);
        head.push(&address.to_be_bytes());
        head.push_xor_address(peer.get(), transaction);
        head.push(&[0x00, 0x13]);
        head.push(&data.to_be_bytes());
        Some(head)
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) const fn empty() -> Self {
        Self {
            bytes: [0; 48],
            length: 0,
        }
    }

    /// RFC 8489 section 14.2.
    fn push_xor_address(&mut self, address: SocketAddr, transaction: [u8; 12]) {
        let [c0, c1, c2, c3] = MAGIC_COOKIE;
        let port = address.port() ^ u16::from_be_bytes([c0, c1]);
        match address {
            SocketAddr::V4(v4) => {
                self.push(&[0, 1]);
                self.push(&port.to_be_bytes());
                let mask = u32::from_be_bytes([c0, c1, c2, c3]);
                self.push(&(v4.ip().to_bits() ^ mask).to_be_bytes());
            }
            SocketAddr::V6(v6) => {
                self.push(&[0, 2]);
                self.push(&port.to_be_bytes());
                let [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11] = transaction;
                let mask = u128::from_be_bytes([
                    c0, c1, c2, c3, t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10, t11,
                ]);
                self.push(&(v6.ip().to_bits() ^ mask).to_be_bytes());
            }
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        }
    }
}

/// Zero bytes that bring `length` to a multiple of 4.
pub(crate) const fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}
