//! Bearer tokens that let a session ask for ICE servers.

use std::time::Duration;

use aws_lc_rs::{hmac, rand};
use data_encoding::BASE64URL_NOPAD;

/// Mints and checks the tokens of this process: a restart invalidates them all, and each client gets a new one with its
/// next `welcome`.
///
/// A token is `EXPIRY.NAME.MAC`: seconds since 1970, whom it stands for (no dot in it), and an HMAC over both.
#[derive(Debug)]
pub struct Tokens {
    key: hmac::Key,
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

    /// A token that stands for `name` for a day from `now` (time since 1970).
    #[must_use]
    pub fn mint(&self, name: &str, now: Duration) -> String {
        let claim = format!("{}.{name}", (now + LIFETIME).as_secs());
        let mac = hmac::sign(&self.key, claim.as_bytes());
        format!("{claim}.{}", BASE64URL_NOPAD.encode(mac.as_ref()))
    }

    /// Whom a token stands for; `None` when it is forged or has expired at `now` (time since 1970).
    #[must_use]
    pub fn check<'a>(&self, token: &'a str, now: Duration) -> Option<&'a str> {
        let (claim, mac) = token.rsplit_once('.')?;
        let mac = BASE64URL_NOPAD.decode(mac.as_bytes()).ok()?;
        hmac::verify(&self.key, claim.as_bytes(), &mac).ok()?;
        let (expiry, name) = claim.split_once('.')?;
        (now.as_secs() < expiry.parse().ok()?).then_some(name)
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

    const NOW: Duration = Duration::from_secs(1_800_000_000);

    #[test]
    fn a_token_names_whom_it_was_minted_for() {
        let tokens = Tokens::new();
        assert_eq!(tokens.check(&tokens.mint("abc", NOW), NOW), Some("abc"));
    }

    #[test]
    fn a_token_expires_after_a_day() {
        let tokens = Tokens::new();
        let token = tokens.mint("abc", NOW);
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
        let token = tokens.mint("abc", NOW);
        assert!(tokens.check(&token.replace("abc", "abd"), NOW).is_none());
        assert!(tokens.check(&token.replacen('1', "2", 1), NOW).is_none());
        assert!(Tokens::new().check(&token, NOW).is_none());
        for broken in ["", ".", "..", "1.a", "x.y.z"] {
            assert!(tokens.check(broken, NOW).is_none(), "{broken}");
        }
    }
}
