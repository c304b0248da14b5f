//! Nonces that carry their own proof: issue time and a MAC over it and the client's address (RFC 8489 section 9.2).
//! Nothing is stored for a client that has only asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha1::Sha1;

use crate::address::Millis;

/// Makes and checks nonces.
#[derive(Debug)]
pub(crate) struct Nonces {
    /// Keyed once; cloned per nonce.
    mac: Hmac<Sha1>,
    lifetime: u64,
}

impl Nonces {
    pub(crate) fn new(key: &[u8], lifetime: Duration) -> Self {
        Self {
            mac: Hmac::new_from_slice(key)
                .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length")),
            lifetime: lifetime.as_secs(),
        }
    }

    /// A nonce for the client at `remote`, good from `now` on: 19 characters.
    pub(crate) fn issue(&self, now: Millis, remote: SocketAddr) -> String {
        let time = (now.seconds() as u32).to_be_bytes();
        let tag = self.tag(time, remote);
        let mut raw = [0; 14];
        let (head, tail) = raw.split_at_mut(4);
        head.copy_from_slice(&time);
        tail.copy_from_slice(&tag);
        BASE64URL_NOPAD.encode(&raw)
    }

    /// Whether `nonce` was issued to `remote` and is not too old.
    pub(crate) fn is_good(&self, now: Millis, remote: SocketAddr, nonce: &[u8]) -> bool {
        let mut raw = [0; 14];
        if nonce.len() != 19 || BASE64URL_NOPAD.decode_mut(nonce, &mut raw).is_err() {
            return false;
        }
        let (time, tag) = raw.split_at(4);
        let time = <[u8; 4]>::try_from(time).unwrap_or_default();
        let age = (now.seconds() as u32).wrapping_sub(u32::from_be_bytes(time));
        u64::from(age) < self.lifetime && constant_time_eq(&self.tag(time, remote), tag)
    }

    fn tag(&self, time: [u8; 4], remote: SocketAddr) -> [u8; 10] {
        let mut mac = self.mac.clone();
        mac.update(&time);
        mac.update(&remote.port().to_be_bytes());
        match remote.ip() {
            IpAddr::V4(ip) => mac.update(&ip.octets()),
            IpAddr::V6(ip) => mac.update(&ip.octets()),
        }
        let full: [u8; 20] = mac.finalize().into_bytes().into();
        full.first_chunk().copied().unwrap_or_default()
    }
}

fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b));
    a.len() == b.len() && differing == 0
}
