//! Credentials of TURN clients: static users beside time-limited ones that any holder of a shared secret can mint.
//!
//! A time-limited user name is `EXPIRY:ID` (seconds since 1970) and its password `base64(HMAC-SHA1(secret, user name))`,
//! the scheme of draft-uberti-behave-turn-rest that browsers' applications expect. Ids minted by this server are
//! `MINTER~RANDOM`: quotas count the minter, never the random part.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// A minted user name and its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Minted {
    /// `EXPIRY:MINTER~RANDOM`.
    pub username: String,
    /// Base64 of the MAC, as TURN clients and `RTCIceServer.credential` take it.
    pub password: String,
    /// When the credential stops opening allocations: seconds since 1970.
    pub expires: u64,
}

/// Mints a time-limited credential that expires at `expires` (seconds since 1970).
///
/// `minter` is whoever the quota counts (an identity, an address); it does not appear in the user name, only a tag of it
/// does. `random` makes the credential distinct and revocable.
#[must_use]
pub fn mint(secret: &str, minter: &str, random: [u8; 9], expires: u64) -> Minted {
    let tag = mac(secret, &["minter:", minter]);
    let username = format!(
        "{expires}:{}~{}",
        BASE64URL_NOPAD.encode(tag.get(..9).unwrap_or(&tag)),
        BASE64URL_NOPAD.encode(&random)
    );
    let password = password(secret, &username);
    Minted {
        username,
        password,
        expires,
    }
}

/// Password of a time-limited user name under `secret`.
#[must_use]
pub fn password(secret: &str, username: &str) -> String {
    BASE64.encode(&mac(secret, &[username]))
}

/// When a time-limited user name expires (seconds since 1970), if it is one.
#[must_use]
pub fn expiry(username: &str) -> Option<u64> {
    let (expiry, _) = username.split_once(':')?;
    let plain = !expiry.is_empty() && expiry.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| expiry.parse().ok()).flatten()
}

/// Whom a user's allocations count against: the minter of a credential minted here, else the id or the name itself.
///
/// ```
/// use magpie_relay::credentials::account;
///
/// assert_eq!(account("1700000000:minter~random"), "minter");
/// assert_eq!(account("1700000000:alice"), "alice");
/// assert_eq!(account("alice"), "alice");
/// ```
#[must_use]
pub fn account(username: &str) -> &str {
    let id = match username.split_once(':') {
        Some((_, id)) if expiry(username).is_some() => id,
        _ => username,
    };
    id.split_once('~').map_or(id, |(minter, _)| minter)
}

fn mac(secret: &str, parts: &[&str]) -> [u8; 20] {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())
        .unwrap_or_else(|_| unreachable!("HMAC takes keys of any length"));
    for part in parts {
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}
