//! The long-term credential mechanism (RFC 8489 section 9.2) with its two kinds of users.

use stun_types::attribute::{MessageIntegrity, Nonce, Realm, Username};
use stun_types::message::{IntegrityAlgorithm, IntegrityKey, LongTermKeyCredentials};
use stun_types::prelude::AttributeStaticType;

use crate::config::Config;
use crate::credentials;
use crate::hash::{Seeded, SeededMap};
use crate::message::Stun;

/// Who sent a request, proven by MESSAGE-INTEGRITY.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) username: Box<str>,
    pub(crate) key: IntegrityKey,
    /// When a time-limited credential stops opening allocations: seconds since 1970.
    pub(crate) expires: Option<u64>,
}

/// The attributes an authenticated request carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) username: &'a str,
    pub(crate) nonce: &'a [u8],
}

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// 401 with REALM and NONCE.
    Unauthorized,
    /// 438 with REALM and a fresh NONCE.
    Stale,
    /// 400.
    Bad,
}

impl<'a> Claim<'a> {
    /// What `stun` claims (RFC 8489 section 9.2.4, first two checks).
    pub(crate) fn read(stun: &Stun<'a>) -> Result<Self, Denied> {
        if !stun.has(MessageIntegrity::TYPE) {
            return Err(Denied::Unauthorized);
        }
        let username = stun.value(Username::TYPE).ok_or(Denied::Bad)?;
        let nonce = stun.value(Nonce::TYPE).ok_or(Denied::Bad)?;
        stun.value(Realm::TYPE).ok_or(Denied::Bad)?;
        let username = str::from_utf8(username).map_err(|_| Denied::Bad)?;
        if username.is_empty() || username.len() > USERNAME_MOST {
            return Err(Denied::Bad);
        }
        Ok(Self { username, nonce })
    }
}

/// Everybody who may authenticate.
#[derive(Debug)]
pub(crate) struct Users {
    realm: String,
    fixed: SeededMap<Box<str>, IntegrityKey>,
    secrets: Vec<String>,
    horizon: u64,
}

impl Users {
    pub(crate) fn new(config: &Config, realm: String, hasher: Seeded) -> Self {
        let mut fixed = SeededMap::with_hasher(hasher);
        for user in &config.users {
            fixed.insert(
                user.name.as_str().into(),
                key(&user.name, &user.password, &realm),
            );
        }
        Self {
            realm,
            fixed,
            secrets: config.secrets.iter().take(2).cloned().collect(),
            horizon: config.credential_horizon.as_secs(),
        }
    }

    /// Whether `name` is one of the configured users.
    pub(crate) fn is_fixed(&self, name: &str) -> bool {
        self.fixed.contains_key(name)
    }

    /// When the last time-limited credential that is valid at `wall_seconds` expires.
    pub(crate) const fn horizon(&self, wall_seconds: u64) -> u64 {
        wall_seconds.saturating_add(self.horizon).saturating_add(1)
    }

    /// Whose signature `stun` carries. A name that is configured is never taken for a time-limited one.
    pub(crate) fn identify(
        &self,
        wall_seconds: u64,
        claim: Claim<'_>,
        stun: &Stun<'_>,
    ) -> Result<Identity, Denied> {
        if let Some(key) = self.fixed.get(claim.username) {
            let key = signed_by(stun, key.clone()).ok_or(Denied::Unauthorized)?;
            return Ok(Identity {
                username: claim.username.into(),
                key,
                expires: None,
            });
        }
        let expires = credentials::expiry(claim.username).ok_or(Denied::Unauthorized)?;
        if expires > wall_seconds.saturating_add(self.horizon) {
            return Err(Denied::Unauthorized);
        }
        let key = self
            .time_limited_key(claim.username, stun)
            .ok_or(Denied::Unauthorized)?;
        Ok(Identity {
            username: claim.username.into(),
            key,
            expires: Some(expires),
        })
    }

    fn time_limited_key(&self, username: &str, stun: &Stun<'_>) -> Option<IntegrityKey> {
        self.secrets.iter().find_map(|secret| {
            let password = credentials::password(secret, username);
            signed_by(stun, key(username, &password, &self.realm))
        })
    }
}

/// `key`, if MESSAGE-INTEGRITY was made with it.
pub(crate) fn signed_by(stun: &Stun<'_>, key: IntegrityKey) -> Option<IntegrityKey> {
    let valid = stun.message().validate_integrity_with_key(&key);
    valid.is_ok().then_some(key)
}

fn key(username: &str, password: &str, realm: &str) -> IntegrityKey {
    LongTermKeyCredentials::new(username.to_owned(), password.to_owned(), realm.to_owned())
        .make_key(IntegrityAlgorithm::Sha1)
}

/// RFC 8489 section 14.3: fewer than 509 bytes.
const USERNAME_MOST: usize = 508;
