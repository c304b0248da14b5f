//! A client that has an allocation.

use std::net::SocketAddr;

use super::{
    link::{Link, Way},
    plain,
    stun::{Account, Answer, Challenge, bare_allocate},
};
use crate::BenchError;

/// What the server is.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// A TURN server that knows this account.
    Turn(Account),
    /// The plain loop.
    Plain,
}

/// An allocation and the link it was made over.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) link: Link,
    pub(super) relayed: SocketAddr,
    /// `None` with the plain loop.
    challenge: Option<Challenge>,
}

impl Session {
    /// Opens a link and makes an allocation over it.
    pub(super) fn open(kind: &Kind, way: &Way, index: usize) -> Result<Self, BenchError> {
        let mut link = way
            .open(index)
            .map_err(|error| BenchError::Connect(error.to_string()))?;
        let Kind::Turn(account) = kind else {
            let relayed = plain::open(&mut link, None)?;
            return Ok(Self {
                link,
                relayed,
                challenge: None,
            });
        };
        let challenge = challenge(&mut link, account)?;
        let relayed = success(&mut link, &challenge.allocate())?
            .ok_or_else(|| BenchError::Protocol("an Allocate without an address".into()))?;
        Ok(Self {
            link,
            relayed,
            challenge: Some(challenge),
        })
    }

    /// Lets packets pass between this client, on [`CHANNEL`], and `peer`.
    pub(super) fn bind(&mut self, peer: SocketAddr) -> Result<(), BenchError> {
        match &self.challenge {
            Some(challenge) => success(&mut self.link, &challenge.bind(CHANNEL, peer)).map(drop),
            None => plain::open(&mut self.link, Some(peer)).map(drop),
        }
    }

    /// Ends the allocation.
    pub(super) fn release(&mut self) -> Result<(), BenchError> {
        match &self.challenge {
            Some(challenge) => success(&mut self.link, &challenge.release()).map(drop),
            None => Ok(()),
        }
    }
}

/// Asks for an allocation without credentials, to learn what to sign with.
pub(super) fn challenge(link: &mut Link, account: &Account) -> Result<Challenge, BenchError> {
    match answer(link, &bare_allocate())? {
        Answer::Challenge { realm, nonce } => Ok(Challenge::new(account, realm, nonce)),
        other => Err(unexpected(&other)),
    }
}

/// Asks for something and wants it granted; returns the relayed address if the answer names one.
fn success(link: &mut Link, request: &[u8]) -> Result<Option<SocketAddr>, BenchError> {
    match answer(link, request)? {
        Answer::Success(relayed) => Ok(relayed),
        other => Err(unexpected(&other)),
    }
}

fn answer(link: &mut Link, request: &[u8]) -> Result<Answer, BenchError> {
    let bytes = link
        .ask(request)
        .map_err(|error| BenchError::Connect(error.to_string()))?;
    Answer::parse(&bytes).ok_or_else(|| BenchError::Protocol("an answer that is none".into()))
}

fn unexpected(answer: &Answer) -> BenchError {
    BenchError::Protocol(match answer {
        Answer::Success(_) => "success without being asked who one is".into(),
        Answer::Challenge { .. } => "the credentials are not taken".into(),
        Answer::Refused(code) => format!("error {code}"),
    })
}

/// The channel each client binds.
pub(super) const CHANNEL: u16 = 0x4000;
