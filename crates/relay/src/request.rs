//! Requests: who may ask, what they get, which error they get instead.

mod allocate;
mod binding;
mod connect;
mod peers;

use std::net::SocketAddr;

use stun_types::attribute::{AttributeType, ErrorCode};
use stun_types::message::{BINDING, Method, TransactionId};
use turn_types::attribute::Lifetime;
use turn_types::message::{
    ALLOCATE, CHANNEL_BIND, CONNECT, CONNECTION_BIND, CREATE_PERMISSION, REFRESH,
};

use crate::address::{ClientAddr, Millis};
use crate::allocation::BindError;
use crate::answer::Answer;
use crate::auth::{Claim, Denied, Identity};
use crate::config::Binding;
use crate::connection::ConnectionId;
use crate::effect::{Output, RelayId};
use crate::integrity::Key;
use crate::message::{Malformed, Stun};
use crate::nonce::Features;
use crate::relay::Relay;

/// What an authenticated request has brought about.
enum Granted {
    /// The answer comes when the relay socket is there, or this is a request to which it will come.
    Later,
    /// An allocation made by the same request before.
    Again(RelayId),
    /// LIFETIME in seconds.
    Refreshed(u32),
    /// The client's stream belongs to this connection from here on.
    Bound(ConnectionId),
    Done,
}

/// Why it has not.
enum Refused {
    Code(u16),
    Unknown(Vec<AttributeType>),
    /// 300: these addresses of another server.
    Elsewhere(Vec<SocketAddr>),
}

impl Refused {
    const fn code(&self) -> u16 {
        match self {
            Self::Code(code) => *code,
            Self::Unknown(_) => ErrorCode::UNKNOWN_ATTRIBUTE,
            Self::Elsewhere(_) => ErrorCode::TRY_ALTERNATE,
        }
    }
}

impl From<Malformed> for Refused {
    fn from(_: Malformed) -> Self {
        Self::Code(ErrorCode::BAD_REQUEST)
    }
}

impl From<BindError> for Refused {
    fn from(error: BindError) -> Self {
        Self::Code(match error {
            BindError::Taken => ErrorCode::BAD_REQUEST,
            BindError::Full => ErrorCode::INSUFFICIENT_CAPACITY,
        })
    }
}

impl Relay {
    /// Answers a request; a method that is not ours is dropped (RFC 8489 section 6.3).
    pub(crate) fn on_request(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
    ) -> Output<'_> {
        match stun.message().method() {
            BINDING if self.binding == Binding::Anybody => self.on_binding(now, client, stun),
            BINDING if self.binding == Binding::Users => {
                match self.authenticate(now, client, stun) {
                    Ok(identity) => self.on_signed_binding(client, stun, &identity.key),
                    Err(denied) => self.deny(now, client, stun, denied),
                }
            }
            _ if !self.turn => self.drop_packet(),
            ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND | CONNECT | CONNECTION_BIND => {
                match self.authenticate(now, client, stun) {
                    Ok(identity) => self.on_authenticated(now, client, stun, identity),
                    Err(denied) => self.deny(now, client, stun, denied),
                }
            }
            _ => self.drop_packet(),
        }
    }

    /// RFC 8489 section 9.2.4. The key of an allocation stays good as long as it lives, whatever becomes of its credential.
    fn authenticate(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
    ) -> Result<Identity, Denied> {
        let claim = Claim::read(stun, self.users.algorithms())?;
        let wall = self.wall_seconds(now);
        let allocation = self
            .table
            .by_client(&client)
            .and_then(|id| self.table.get(id));
        let known = allocation.filter(|a| claim.name.is(&a.username, &self.realm));
        let username = match known {
            Some(allocation) => &allocation.username,
            None => self.users.name(&claim)?,
        };
        if self.revoked.holds(wall, username) {
            return Err(Denied::Unauthorized);
        }
        let identity = match known.filter(|a| a.key.made_by() == claim.hash) {
            Some(allocation) => Identity {
                username: username.into(),
                key: claim
                    .signed_by(stun, allocation.key)
                    .ok_or(Denied::Unauthorized)?,
                expires: None,
            },
            None => self.users.identify(wall, username, &claim, stun)?,
        };
        let opens = stun.message().has_method(ALLOCATE) && allocation.is_none();
        if opens && identity.expires.is_some_and(|at| at <= wall) {
            return Err(Denied::Unauthorized);
        }
        if !self.nonces.is_good(now, client.remote(), claim.nonce) {
            return Err(Denied::Stale);
        }
        self.challenges.credit(client.remote().ip());
        Ok(identity)
    }

    /// Says why a request is not authenticated, within the rate its address gets: over UDP it might not come from there.
    fn deny(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        denied: Denied,
    ) -> Output<'_> {
        let proven = client.transport().is_stream();
        let most = match proven {
            true => usize::MAX,
            false => stun.packet().len().saturating_mul(CHALLENGE_FACTOR),
        };
        let answered = proven || self.challenges.take(now, client.remote().ip());
        let length = answered.then(|| self.write_denial(now, client, stun, denied, most));
        let Some(length) = length.flatten() else {
            self.counts.challenges_suppressed = self.counts.challenges_suppressed.wrapping_add(1);
            return Output::Nothing;
        };
        self.counts.challenges = self.counts.challenges.wrapping_add(1);
        self.counts.count_error(denied.code());
        self.reply(client, length)
    }

    /// The answer to a request that is not authenticated: without its reason, and then without FINGERPRINT, where it would be
    /// longer than `most`. `None`: even so.
    fn write_denial(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        denied: Denied,
        most: usize,
    ) -> Option<usize> {
        let features = match denied {
            Denied::Nameless => Features::Passwords,
            _ => self.users.features(),
        };
        let (message, code) = (stun.message(), denied.code());
        let (method, transaction) = (message.method(), message.transaction_id());
        for reason in [ErrorCode::default_reason_for_code(code), ""] {
            let scratch = self.scratch.as_mut();
            let mut answer = Answer::error_saying(code, reason, method, transaction, scratch);
            if denied != Denied::Bad {
                let nonce = self.nonces.issue(now, client.remote(), features);
                answer.add_challenge(&self.realm, &nonce, self.users.algorithms());
            }
            let last = reason.is_empty();
            let length = match last {
                true => answer.finish_within(most),
                false => answer.finish(None),
            };
            if length <= most {
                return Some(length);
            }
        }
        None
    }

    fn on_authenticated(
        &mut self,
        now: Millis,
        client: ClientAddr,
        stun: &Stun<'_>,
        identity: Identity,
    ) -> Output<'_> {
        let message = stun.message();
        let (method, transaction, key) = (message.method(), message.transaction_id(), identity.key);
        let outcome = match method {
            ALLOCATE => self.allocate(now, client, stun, identity),
            REFRESH => self.refresh(now, client, stun, &identity),
            CREATE_PERMISSION => self.create_permission(now, client, stun, &identity),
            CONNECT => self.connect(now, client, stun, &identity),
            CONNECTION_BIND => self.connection_bind(client, stun, &identity),
            _ => self.channel_bind(now, client, stun, &identity),
        };
        match outcome {
            Ok(Granted::Later) => Output::Nothing,
            Ok(Granted::Again(id)) => self.answer_allocated(id),
            Ok(Granted::Refreshed(lifetime)) => {
                self.succeed(client, method, transaction, &key, Some(lifetime))
            }
            Ok(Granted::Bound(connection)) => self.splice(client, transaction, &key, connection),
            Ok(Granted::Done) => self.succeed(client, method, transaction, &key, None),
            Err(refused) => self.refuse(client, method, transaction, &key, refused),
        }
    }

    /// The allocation of this client, if it is there (437) and of this user (441).
    fn own_allocation(&self, client: ClientAddr, identity: &Identity) -> Result<RelayId, Refused> {
        let mismatch = Refused::Code(ErrorCode::ALLOCATION_MISMATCH);
        let Some(id) = self.table.by_client(&client) else {
            return Err(mismatch);
        };
        match self.table.get(id) {
            Some(allocation) if allocation.relay.is_none() => Err(mismatch),
            Some(allocation) if allocation.username == identity.username => Ok(id),
            Some(_) => Err(Refused::Code(ErrorCode::WRONG_CREDENTIALS)),
            None => Err(mismatch),
        }
    }

    fn succeed(
        &mut self,
        client: ClientAddr,
        method: Method,
        transaction: TransactionId,
        key: &Key,
        lifetime: Option<u32>,
    ) -> Output<'_> {
        let mut answer = Answer::success(method, transaction, self.scratch.as_mut());
        if let Some(lifetime) = lifetime {
            answer.add(&Lifetime::new(lifetime));
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(key));
        self.reply(client, length)
    }

    fn splice(
        &mut self,
        client: ClientAddr,
        transaction: TransactionId,
        key: &Key,
        connection: ConnectionId,
    ) -> Output<'_> {
        match self.succeed(client, CONNECTION_BIND, transaction, key, None) {
            Output::Reply { client, message } => Output::Splice {
                client,
                message,
                connection,
            },
            other => other,
        }
    }

    fn refuse(
        &mut self,
        client: ClientAddr,
        method: Method,
        transaction: TransactionId,
        key: &Key,
        refused: Refused,
    ) -> Output<'_> {
        let code = refused.code();
        self.counts.count_error(code);
        let mut answer = Answer::error(code, method, transaction, self.scratch.as_mut());
        match &refused {
            Refused::Code(_) => {}
            Refused::Unknown(unknown) => answer.add_unknown(unknown),
            Refused::Elsewhere(addresses) => {
                let alternate = self.alternate.as_ref();
                answer.add_alternate(addresses, alternate.and_then(|a| a.domain.as_deref()));
            }
        }
        answer.add_software(&self.software);
        let length = answer.finish(Some(key));
        self.reply(client, length)
    }

    fn reply(&self, client: ClientAddr, length: usize) -> Output<'_> {
        let message = self.scratch.get(..length).unwrap_or_default();
        Output::Reply { client, message }
    }
}

impl Denied {
    const fn code(self) -> u16 {
        match self {
            Self::Unauthorized => ErrorCode::UNAUTHORIZED,
            Self::Stale | Self::Nameless => ErrorCode::STALE_NONCE,
            Self::Bad => ErrorCode::BAD_REQUEST,
        }
    }
}

/// Refuses what has to be understood and is not.
fn understand(stun: &Stun<'_>) -> Result<(), Refused> {
    let unknown = stun.unknown();
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(Refused::Unknown(unknown))
    }
}

/// An answer to somebody who might be somebody else is at most so many times as long as the request.
const CHALLENGE_FACTOR: usize = 5;
