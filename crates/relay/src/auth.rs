//! The long-term credential mechanism (RFC 8489 section 9.2) with its two kinds of users.

use stun_types::attribute::{
    MessageIntegrity, MessageIntegritySha256, Nonce, PasswordAlgorithm as Algorithm,
    PasswordAlgorithms as Algorithms, Realm, Userhash, Username,
};
use stun_types::prelude::AttributeStaticType;

use crate::config::Config;
use crate::credentials;
use crate::hash::{Seeded, SeededMap};
use crate::integrity::{Answers, Key, PasswordAlgorithm, Protection, userhash};
use crate::message::Stun;
use crate::nonce::Features;

/// Who sent a request, proven by its integrity.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) username: Box<str>,
    pub(crate) key: Key,
    /// When a time-limited credential stops opening allocations: seconds since 1970.
    pub(crate) expires: Option<u64>,
}

/// The attributes an authenticated request carries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) name: Name<'a>,
    pub(crate) nonce: &'a [u8],
    /// What the client makes its key with.
    pub(crate) hash: PasswordAlgorithm,
    /// Which MAC is checked: the stronger one, if there are two.
    proof: Protection,
    /// Which MACs the answers carry.
    answers: Answers,
}

/// How the client says who it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Name<'a> {
    /// USERNAME.
    Plain(&'a str),
    /// USERHASH.
    Hashed([u8; 32]),
}

/// Why a request is not authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// 401 with REALM and NONCE.
    Unauthorized,
    /// 438 with REALM and a fresh NONCE.
    Stale,
    /// 438 with a NONCE that asks for the plain user name: the one behind a USERHASH cannot be found.
    Nameless,
    /// 400.
    Bad,
}

impl<'a> Claim<'a> {
    /// What `stun` claims (RFC 8489 section 9.2.4, first three checks).
    /// `list` is the value of the PASSWORD-ALGORITHMS that we send.
    pub(crate) fn read(stun: &Stun<'a>, list: &[u8]) -> Result<Self, Denied> {
        let proof = match stun.has(MessageIntegritySha256::TYPE) {
            true => Protection::Sha256,
            false if stun.has(MessageIntegrity::TYPE) => Protection::Sha1,
            false => return Err(Denied::Unauthorized),
        };
        let nonce = stun.value(Nonce::TYPE).ok_or(Denied::Bad)?;
        stun.value(Realm::TYPE).ok_or(Denied::Bad)?;
        let name = Name::read(stun)?;
        let chosen = chosen(stun, nonce, list)?;
        Ok(Self {
            name,
            nonce,
            hash: chosen.unwrap_or(PasswordAlgorithm::Md5),
            proof,
            answers: match (chosen, proof) {
                (None, _) => Answers::Sha1,
                (Some(_), Protection::Sha256) => Answers::Sha256,
                (Some(_), Protection::Sha1) => Answers::Both,
            },
        })
    }

    /// `key` with the right form of answers, if the request was signed with it.
    pub(crate) fn signed_by(&self, stun: &Stun<'_>, key: Key) -> Option<Key> {
        let (at, value) = stun.find(self.proof.attribute().into())?;
        let valid = self.proof.verify(key.as_bytes(), stun.packet(), at, value);
        valid.then(|| key.answering(self.answers))
    }
}

impl<'a> Name<'a> {
    fn read(stun: &Stun<'a>) -> Result<Self, Denied> {
        if let Some(name) = stun.value(Username::TYPE) {
            let name = str::from_utf8(name).map_err(|_| Denied::Bad)?;
            return match name.len() {
                0..=USERNAME_MOST => Ok(Self::Plain(name)),
                _ => Err(Denied::Bad),
            };
        }
        let hash = stun.value(Userhash::TYPE).ok_or(Denied::Bad)?;
        hash.try_into().map(Self::Hashed).map_err(|_| Denied::Bad)
    }

    /// Whether it is that of `username`.
    pub(crate) fn is(self, username: &str, realm: &str) -> bool {
        match self {
            Self::Plain(name) => name == username,
            Self::Hashed(hash) => hash == userhash(username, realm),
        }
    }
}

/// The PASSWORD-ALGORITHM of a request, which has to repeat our list unchanged: one in between may have shortened it.
fn chosen(stun: &Stun<'_>, nonce: &[u8], list: &[u8]) -> Result<Option<PasswordAlgorithm>, Denied> {
    let (one, all) = (stun.value(Algorithm::TYPE), stun.value(Algorithms::TYPE));
    match (one, all) {
        (None, None) => Ok(None),
        (Some(one), Some(all)) if all == list => {
            let read = PasswordAlgorithm::read(one, list).ok_or(Denied::Bad)?;
            Ok(Some(read))
        }
        // A nonce that is not ours is stale, whatever else is wrong.
        (Some(one), _) if Features::read(nonce).is_none() => Ok(PasswordAlgorithm::read(one, list)),
        (None, _) if Features::read(nonce).is_none() => Ok(None),
        _ => Err(Denied::Bad),
    }
}

/// Everybody who may authenticate.
#[derive(Debug)]
pub(crate) struct Users {
    realm: String,
    fixed: SeededMap<Box<str>, Fixed>,
    by_hash: SeededMap<[u8; 32], Box<str>>,
    secrets: Vec<String>,
    horizon: u64,
    algorithms: &'static [u8],
}

/// Keys of a configured user.
#[derive(Debug)]
struct Fixed {
    md5: Key,
    /// `None`: the password is not known.
    sha256: Option<Key>,
}

impl Users {
    pub(crate) fn new(config: &Config, realm: String, hasher: Seeded) -> Self {
        let mut fixed = SeededMap::with_hasher(hasher);
        let mut by_hash = SeededMap::with_hasher(hasher);
        for user in &config.users {
            let key = |hash| Key::new(hash, &user.name, &realm, &user.password);
            let keys = Fixed {
                md5: key(PasswordAlgorithm::Md5),
                sha256: Some(key(PasswordAlgorithm::Sha256)),
            };
            fixed.insert(user.name.as_str().into(), keys);
            by_hash.insert(userhash(&user.name, &realm), user.name.as_str().into());
        }
        for user in &config.keyed_users {
            let keys = Fixed {
                md5: Key::of_md5(user.key),
                sha256: None,
            };
            fixed.insert(user.name.as_str().into(), keys);
            by_hash.insert(userhash(&user.name, &realm), user.name.as_str().into());
        }
        Self {
            realm,
            fixed,
            by_hash,
            secrets: config.secrets.iter().take(2).cloned().collect(),
            horizon: config.credential_horizon.as_secs(),
            algorithms: match config.keyed_users.is_empty() {
                true => PasswordAlgorithm::ALL,
                false => PasswordAlgorithm::MD5_ALONE,
            },
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

    /// The value of PASSWORD-ALGORITHMS: what every user can be known by. Of some the operator has the MD5 key alone.
    pub(crate) fn algorithms(&self) -> &'static [u8] {
        self.algorithms
    }

    /// What a nonce is to announce: names can be hidden from those in between where there are any that we can find again.
    pub(crate) fn features(&self) -> Features {
        if self.fixed.is_empty() {
            Features::Passwords
        } else {
            Features::PasswordsAndNames
        }
    }

    /// The user name that was claimed. Behind the hash of a time-limited one it cannot be found: the client is then asked for it.
    pub(crate) fn name<'n>(&'n self, claim: &Claim<'n>) -> Result<&'n str, Denied> {
        let hash = match claim.name {
            Name::Plain(name) => return Ok(name),
            Name::Hashed(hash) => hash,
        };
        let told = Features::read(claim.nonce) == Some(Features::PasswordsAndNames);
        match self.by_hash.get(&hash) {
            Some(name) => Ok(name),
            None if told && !self.secrets.is_empty() => Err(Denied::Nameless),
            None => Err(Denied::Unauthorized),
        }
    }

    /// Whose signature `stun` carries. A name that is configured is never taken for a time-limited one.
    pub(crate) fn identify(
        &self,
        wall_seconds: u64,
        username: &str,
        claim: &Claim<'_>,
        stun: &Stun<'_>,
    ) -> Result<Identity, Denied> {
        if let Some(fixed) = self.fixed.get(username) {
            let key = match claim.hash {
                PasswordAlgorithm::Md5 => Some(fixed.md5),
                PasswordAlgorithm::Sha256 => fixed.sha256,
            };
            let key = key.ok_or(Denied::Unauthorized)?;
            let key = claim.signed_by(stun, key).ok_or(Denied::Unauthorized)?;
            return Ok(Identity {
                username: username.into(),
                key,
                expires: None,
            });
        }
        let expires = credentials::expiry(username).ok_or(Denied::Unauthorized)?;
        if expires > wall_seconds.saturating_add(self.horizon) {
            return Err(Denied::Unauthorized);
        }
        let key = self
            .time_limited_key(username, claim, stun)
            .ok_or(Denied::Unauthorized)?;
        Ok(Identity {
            username: username.into(),
            key,
            expires: Some(expires),
        })
    }

    fn time_limited_key(&self, username: &str, claim: &Claim<'_>, stun: &Stun<'_>) -> Option<Key> {
        self.secrets.iter().find_map(|secret| {
            let password = credentials::password(secret, username);
            let key = Key::new(claim.hash, username, &self.realm, &password);
            claim.signed_by(stun, key)
        })
    }
}

/// RFC 8489 section 14.3: fewer than 509 bytes.
const USERNAME_MOST: usize = 508;
