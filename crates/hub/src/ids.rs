//! The names of people, devices, pages, calls and connections.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A connection, numbered by the server; never used twice in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// A text that is not the name it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadId;

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a well-formed id")
    }
}

impl std::error::Error for BadId {}

/// A P-256 public key as an uncompressed point (65 bytes); written as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicKey(pub [u8; 65]);

impl PublicKey {
    /// The id of the device that holds this key: the first 16 bytes of the SHA-256 of the point.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        let digest = Sha256::digest(self.0);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest.iter()) {
            *to = *from;
        }
        DeviceId(id)
    }
}

impl FromStr for PublicKey {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let point: [u8; 65] = decode_base64(text)?;
        // SEC 1, section 2.3.3: 04 marks an uncompressed point.
        if point.first() == Some(&4) {
            Ok(Self(point))
        } else {
            Err(BadId)
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

/// A device: the hash of its key. Written as 26 characters of lower-case base32 (RFC 4648).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DeviceId(pub [u8; 16]);

impl DeviceId {
    /// The person whose first device this is.
    #[must_use]
    pub fn person(self) -> PersonId {
        PersonId(self.0)
    }
}

impl FromStr for DeviceId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_base32(text).map(Self)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base32(&self.0))
    }
}

/// A person: the id of their first device.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonId(pub [u8; 16]);

impl FromStr for PersonId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_base32(text).map(Self)
    }
}

impl fmt::Display for PersonId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode_base32(&self.0))
    }
}

/// One page of a device; survives a reload. 16 bytes, written as base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tab(pub [u8; 16]);

impl FromStr for Tab {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_base64(text).map(Self)
    }
}

impl fmt::Display for Tab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

/// A call; chosen by the caller, so that a repeated `dial` names the same call. Written like a [`Tab`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub [u8; 16]);

impl FromStr for CallId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        decode_base64(text).map(Self)
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

/// What takes part in a call: one page of one device. Written `device.tab`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Endpoint {
    /// The device.
    pub device: DeviceId,
    /// The page on it.
    pub tab: Tab,
}

impl FromStr for Endpoint {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let (device, tab) = text.split_once('.').ok_or(BadId)?;
        Ok(Self {
            device: device.parse()?,
            tab: tab.parse()?,
        })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.device, self.tab)
    }
}

/// Written and read as text wherever serde meets them, and shown as that text by `{:?}`.
macro_rules! as_text {
    ($($name:ty),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;

                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("the text of a ", stringify!($name)))
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Text)
            }
        }
    )+};
}

as_text!(PublicKey, DeviceId, PersonId, Tab, CallId, Endpoint);

fn decode_base64<const N: usize>(text: &str) -> Result<[u8; N], BadId> {
    // The longest name is a key, 65 bytes; decode_len also refuses impossible lengths.
    let mut bytes = [0; N];
    let exact = BASE64URL_NOPAD.decode_len(text.len()) == Ok(N);
    let done = exact.then(|| BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes));
    if matches!(done, Some(Ok(_))) {
        Ok(bytes)
    } else {
        Err(BadId)
    }
}

fn decode_base32(text: &str) -> Result<[u8; 16], BadId> {
    let mut upper = [0_u8; 26];
    if text.len() != upper.len() || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err(BadId);
    }
    for (to, from) in upper.iter_mut().zip(text.bytes()) {
        *to = from.to_ascii_uppercase();
    }
    let mut bytes = [0; 16];
    match BASE32_NOPAD.decode_mut(&upper, &mut bytes) {
        Ok(_) => Ok(bytes),
        Err(_) => Err(BadId),
    }
}

fn encode_base32(bytes: &[u8; 16]) -> String {
    let mut text = BASE32_NOPAD.encode(bytes);
    text.make_ascii_lowercase();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_id_is_26_lower_case_characters_and_reads_back() {
        let id = PublicKey([4; 65]).device();
        let text = id.to_string();
        assert_eq!(text.len(), 26);
        assert_eq!(text, text.to_lowercase());
        assert_eq!(text.parse(), Ok(id));
    }

    #[test]
    fn an_endpoint_reads_back() {
        let endpoint = Endpoint {
            device: DeviceId([7; 16]),
            tab: Tab([9; 16]),
        };
        assert_eq!(endpoint.to_string().parse(), Ok(endpoint));
    }

    #[test]
    fn ids_of_the_wrong_length_or_alphabet_are_refused() {
        assert_eq!("abc".parse::<CallId>(), Err(BadId));
        assert_eq!("!".repeat(22).parse::<CallId>(), Err(BadId));
        assert_eq!("A".repeat(26).parse::<DeviceId>(), Err(BadId));
        assert_eq!("a.b".parse::<Endpoint>(), Err(BadId));
    }

    #[test]
    fn a_compressed_key_is_refused() {
        assert_eq!(
            PublicKey([2; 65]).to_string().parse::<PublicKey>(),
            Err(BadId)
        );
    }
}
