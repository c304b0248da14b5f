//! MESSAGE-INTEGRITY and MESSAGE-INTEGRITY-SHA256 (RFC 8489 sections 14.5 and 14.6), and the keys of the long-term
//! credential mechanism (sections 9.2.2 and 18.5.1).
//!
//! Which hash makes a key of a password, and which hash the MAC uses, are two choices: hence not the codec's own keys.

use hmac::digest::{Digest, KeyInit};
use hmac::{Hmac, Mac as _};
use md5::Md5;
use sha1::Sha1;
use sha2::Sha256;

/// What makes a key of a password: PASSWORD-ALGORITHM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordAlgorithm {
    Md5,
    Sha256,
}

impl PasswordAlgorithm {
    /// All of them, the preferred one first: the value of PASSWORD-ALGORITHMS.
    pub(crate) const ALL: &'static [u8] = &[0, 2, 0, 0, 0, 1, 0, 0];
    /// The same without the others.
    pub(crate) const MD5_ALONE: &'static [u8] = &[0, 1, 0, 0];

    /// The one that a PASSWORD-ALGORITHM names, if it is in the `list`.
    pub(crate) fn read(value: &[u8], list: &[u8]) -> Option<Self> {
        if !list.chunks_exact(4).any(|listed| listed == value) {
            return None;
        }
        match value {
            [0, 1, 0, 0] => Some(Self::Md5),
            [0, 2, 0, 0] => Some(Self::Sha256),
            _ => None,
        }
    }
}

/// How a message is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// MESSAGE-INTEGRITY.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256.
    Sha256,
}

impl Protection {
    /// Type of its attribute.
    pub(crate) const fn attribute(self) -> u16 {
        match self {
            Self::Sha1 => 0x0008,
            Self::Sha256 => 0x001c,
        }
    }

    /// Bytes of its value. TURN allows no truncation, so it is always the whole MAC.
    pub(crate) const fn length(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// Whether `value`, which stands at `at` in `message`, was made with `key`. In constant time.
    pub(crate) fn verify(self, key: &[u8], message: &[u8], at: usize, value: &[u8]) -> bool {
        let Some((head, rest)) = self.protected(message, at) else {
            return false;
        };
        match self {
            Self::Sha1 => mac::<Hmac<Sha1>>(key, head, rest)
                .verify_slice(value)
                .is_ok(),
            Self::Sha256 => mac::<Hmac<Sha256>>(key, head, rest)
                .verify_slice(value)
                .is_ok(),
        }
    }

    /// The value that belongs behind `message`, whose length field does not matter; the unused end is zero.
    pub(crate) fn make(self, key: &[u8], message: &[u8]) -> [u8; 32] {
        let mut value = [0; 32];
        let Some((head, rest)) = self.protected(message, message.len()) else {
            return value;
        };
        match self {
            Self::Sha1 => {
                let made: [u8; 20] = mac::<Hmac<Sha1>>(key, head, rest)
                    .finalize()
                    .into_bytes()
                    .into();
                value
                    .iter_mut()
                    .zip(made)
                    .for_each(|(byte, made)| *byte = made);
            }
            Self::Sha256 => {
                value = mac::<Hmac<Sha256>>(key, head, rest)
                    .finalize()
                    .into_bytes()
                    .into();
            }
        }
        value
    }

    /// What the MAC covers: type and a length as if the message ended with this attribute, then everything in front of it.
    fn protected(self, message: &[u8], at: usize) -> Option<([u8; 4], &[u8])> {
        let &[kind, method, ..] = message.first_chunk::<4>()?;
        let end = at.checked_add(4)?.checked_add(self.length())?;
        let [high, low] = u16::try_from(end.checked_sub(20)?).ok()?.to_be_bytes();
        Some(([kind, method, high, low], message.get(4..at)?))
    }
}

fn mac<M: hmac::Mac + KeyInit>(key: &[u8], head: [u8; 4], rest: &[u8]) -> M {
    let mut mac = <M as hmac::Mac>::new_from_slice(key)
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    mac.update(&head);
    mac.update(rest);
    mac
}

/// How answers are protected (RFC 8489 section 9.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answers {
    /// MESSAGE-INTEGRITY, for a client that chose no password algorithm.
    Sha1,
    /// MESSAGE-INTEGRITY-SHA256, for a client that chose one.
    Sha256,
    /// MESSAGE-INTEGRITY, then MESSAGE-INTEGRITY-SHA256: for a client that chose one, yet signs with MESSAGE-INTEGRITY. It has
    /// to get the other, and there are clients that look for nothing but what they sent.
    Both,
}

impl Answers {
    /// The attributes in their order.
    pub(crate) const fn protections(self) -> &'static [Protection] {
        match self {
            Self::Sha1 => &[Protection::Sha1],
            Self::Sha256 => &[Protection::Sha256],
            Self::Both => &[Protection::Sha1, Protection::Sha256],
        }
    }
}

/// The key of a long-term credential, and how its answers are protected.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    bytes: [u8; 32],
    made_by: PasswordAlgorithm,
    answers: Answers,
}

impl Key {
    /// The key of `username` in `realm`. Answers are protected with MESSAGE-INTEGRITY.
    pub(crate) fn new(
        algorithm: PasswordAlgorithm,
        username: &str,
        realm: &str,
        password: &str,
    ) -> Self {
        let parts = [username, ":", realm, ":", password];
        let mut bytes = [0; 32];
        match algorithm {
            PasswordAlgorithm::Md5 => {
                let hash = digest::<Md5>(&parts);
                bytes
                    .iter_mut()
                    .zip(hash)
                    .for_each(|(byte, hash)| *byte = hash);
            }
            PasswordAlgorithm::Sha256 => bytes = digest::<Sha256>(&parts).into(),
        }
        Self {
            bytes,
            made_by: algorithm,
            answers: Answers::Sha1,
        }
    }

    /// A key made elsewhere, by MD5.
    pub(crate) fn of_md5(hash: [u8; 16]) -> Self {
        let mut bytes = [0; 32];
        bytes
            .iter_mut()
            .zip(hash)
            .for_each(|(byte, hash)| *byte = hash);
        Self {
            bytes,
            made_by: PasswordAlgorithm::Md5,
            answers: Answers::Sha1,
        }
    }

    /// The same key for another form of answer.
    pub(crate) const fn answering(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    pub(crate) const fn answers(&self) -> Answers {
        self.answers
    }

    pub(crate) const fn made_by(&self) -> PasswordAlgorithm {
        self.made_by
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        let length = match self.made_by {
            PasswordAlgorithm::Md5 => 16,
            PasswordAlgorithm::Sha256 => 32,
        };
        self.bytes.get(..length).unwrap_or_default()
    }
}

/// Keys stay out of logs.
impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Key")
            .field("made_by", &self.made_by)
            .finish_non_exhaustive()
    }
}

/// USERHASH of a user name (RFC 8489 section 14.4).
pub(crate) fn userhash(username: &str, realm: &str) -> [u8; 32] {
    digest::<Sha256>(&[username, ":", realm]).into()
}

fn digest<D: Digest>(parts: &[&str]) -> hmac::digest::Output<D> {
    let mut digest = D::new();
    for part in parts {
        digest.update(part.as_bytes());
    }
    digest.finalize()
}

#[cfg(test)]
mod vectors;
