//! Nonces that carry their own proof: issue time and a MAC over it and the client's address (RFC 8489 section 9.2).
//! Nothing is stored for a client that has only asked.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
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

/// What a nonce tells the client that it may use (RFC 8489 section 18.1). Both the MAC and the client's own one cover it, so
/// nobody in between can take it away unnoticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Features {
    /// Other hashes than MD5 for the password.
    Passwords,
    /// And USERHASH in place of USERNAME.
    PasswordsAndNames,
}

impl Features {
    /// The 24 bits; bit 0 is the most significant one.
    const fn bits(self) -> [u8; 3] {
        match self {
            Self::Passwords => [0x80, 0, 0],
            Self::PasswordsAndNames => [0xc0, 0, 0],
        }
    }

    /// What `nonce` announces, whoever made it.
    pub(crate) fn read(nonce: &[u8]) -> Option<Self> {
        let (cookie, _) = nonce.split_at_checked(COOKIE)?;
        let mut bits = [0; 3];
        let encoded = cookie.strip_prefix(MARK)?;
        BASE64.decode_mut(encoded, &mut bits).ok()?;
        [Self::Passwords, Self::PasswordsAndNames]
            .into_iter()
            .find(|features| features.bits() == bits)
    }
}

impl Nonces {
    pub(crate) fn new(key: &[u8], lifetime: Duration) -> Self {
        Self {
            mac: Hmac::new_from_slice(key)
                .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length")),
            lifetime: lifetime.as_secs(),
        }
    }

    /// A nonce for the client at `remote`, good from `now` on: 32 characters.
    pub(crate) fn issue(&self, now: Millis, remote: SocketAddr, features: Features) -> String {
        let time = (now.seconds() as u32).to_be_bytes();
        let tag = self.tag(time, remote, features);
        let mut raw = [0; RAW];
        let (head, tail) = raw.split_at_mut(4);
        head.copy_from_slice(&time);
        tail.copy_from_slice(&tag);
        let mut nonce = String::from("obMatJos2");
        BASE64.encode_append(&features.bits(), &mut nonce);
        BASE64URL_NOPAD.encode_append(&raw, &mut nonce);
        nonce
    }

    /// Whether `nonce` was issued to `remote` and is not too old.
    pub(crate) fn is_good(&self, now: Millis, remote: SocketAddr, nonce: &[u8]) -> bool {
        let Some(features) = Features::read(nonce) else {
            return false;
        };
        let mut raw = [0; RAW];
        let own = nonce.get(COOKIE..).unwrap_or_default();
        if own.len() != ENCODED || BASE64URL_NOPAD.decode_mut(own, &mut raw).is_err() {
            return false;
        }
        let (time, tag) = raw.split_at(4);
        let time = <[u8; 4]>::try_from(time).unwrap_or_default();
        let age = (now.seconds() as u32).wrapping_sub(u32::from_be_bytes(time));
        u64::from(age) < self.lifetime && constant_time_eq(&self.tag(time, remote, features), tag)
    }

    fn tag(&self, time: [u8; 4], remote: SocketAddr, features: Features) -> [u8; 10] {
        let mut mac = self.mac.clone();
        mac.update(&features.bits());
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

/// The nonce cookie: this and four characters of features.
const MARK: &[u8] = b"obMatJos2";
const COOKIE: usize = 13;
/// Time and MAC, plain and encoded.
const RAW: usize = 14;
const ENCODED: usize = 19;
