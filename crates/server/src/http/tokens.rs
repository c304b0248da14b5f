//! Bearer tokens that let a session ask for ICE servers.

use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use data_encoding::BASE64URL_NOPAD;

/// Mints and checks the tokens of this process: a restart invalidates them all, and each client gets a new one with its
/// next `welcome`.
///
/// A token is `EXPIRY.NAME.MAC`: seconds since 1970, whom it stands for (no dot in it), and an HMAC over both; with `~` in
/// front of the name it is of one who hides their address.
#[derive(Debug)]
pub struct Tokens {
    key: hmac::Key,
}

/// Whom a token stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bearer<'a> {
    /// A device.
    pub name: &'a str,
    /// Whether nobody it talks to is to learn its address.
    pub hidden: bool,
}

impl Tokens {
    /// Tokens under a fresh key.
    #[must_use]
    pub fn new() -> Self {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &rand::SystemRandom::new());
        Self {
            key: key.unwrap_or_else(|_| unreachable!("the system gives randomness")),
        }
    }

    /// A token that stands for `bearer` for a day from `now` (time since 1970).
    #[must_use]
    pub fn mint(&self, bearer: Bearer<'_>, now: Duration) -> String {
        let hidden = if bearer.hidden { "~" } else { "" };
        let claim = format!("{}.{hidden}{}", (now + LIFETIME).as_secs(), bearer.name);
        let mac = hmac::sign(&self.key, claim.as_bytes());
        format!("{claim}.{}", BASE64URL_NOPAD.encode(mac.as_ref()))
    }

    /// Whom a token stands for; `None` when it is forged or has expired at `now` (time since 1970).
    #[must_use]
    pub fn check<'a>(&self, token: &'a str, now: Duration) -> Option<Bearer<'a>> {
        let (claim, mac) = token.rsplit_once('.')?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        hmac::verify(&self.key, claim.as_bytes(), &mac).ok()?;
        let (expiry, name) = claim.split_once('.')?;
        let bearer = Bearer {
            name: name.trim_start_matches('~'),
            hidden: name.starts_with('~'),
        };
        (now.as_secs() < expiry.parse().ok()?).then_some(bearer)
    }
}

impl Default for Tokens {
    fn default() -> Self {
        Self::new()
    }
}

/// How long a token is good for.
const LIFETIME: Duration = Duration::from_secs(24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: Bearer<'_> = Bearer {
        name: "abc",
        hidden: false,
    };
    const NOW: Duration = Duration::from_secs(1_800_000_000);

    #[test]
    fn a_token_names_whom_it_was_minted_for() {
        let tokens = Tokens::new();
        for hidden in [false, true] {
            let bearer = Bearer {
                name: "abc",
                hidden,
            };
            assert_eq!(tokens.check(&tokens.mint(bearer, NOW), NOW), Some(bearer));
        }
    }

    #[test]
    fn a_token_expires_after_a_day() {
        let tokens = Tokens::new();
        let token = tokens.mint(ABC, NOW);
        assert!(
            tokens
                .check(&token, NOW + LIFETIME - Duration::from_secs(1))
                .is_some()
        );
        assert!(tokens.check(&token, NOW + LIFETIME).is_none());
    }

    #[test]
    fn a_token_with_another_name_expiry_or_key_is_refused() {
        let tokens = Tokens::new();
        let token = tokens.mint(ABC, NOW);
        assert!(tokens.check(&token.replace("abc", "abd"), NOW).is_none());
        assert!(tokens.check(&token.replace("abc", "~abc"), NOW).is_none());
        assert!(tokens.check(&token.replacen('1', "2", 1), NOW).is_none());
        assert!(Tokens::new().check(&token, NOW).is_none());
        for broken in ["", ".", "..", "1.a", "x.y.z"] {
            assert!(tokens.check(broken, NOW).is_none(), "{broken}");
        }
    }
}
