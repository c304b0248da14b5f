//! A native client from its first message to its last, over whatever carries them.
//!
//! Messages are parsed and handed to the hub's task as commands; what the hub has for the client comes through the
//! connection's [`Outbox`].

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use axum::body::Bytes;
use data_encoding::BASE64URL_NOPAD;
use magpie_doors::native::{self, AuthRequest, Incoming};
use magpie_hub::{Command, ConnId, ErrorCode, RequestBody, Session, Signal};
use tokio::time::timeout;

use crate::doors::{Operator, PREFIX};
use crate::http::{Bearer, Tokens};
use crate::listen::Pass;
use crate::signal::{Input, Switchboard, verify};
use crate::ws::End;
use crate::ws::frame::Close;
use crate::ws::outbox::Outbox;

/// Where a client's messages come from.
pub(crate) trait Source: Send {
    /// The next message; an error says how the connection is to end.
    fn text(&mut self) -> impl Future<Output = Result<Bytes, End>> + Send;

    /// Origin of the page that sent the message at hand; the proof must name it.
    fn origin(&self) -> &str;

    /// The client is no stranger any more: long messages may come.
    fn proved(&mut self);
}

/// What a native connection needs of the server.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Where commands go.
    pub(crate) switchboard: Switchboard,
    /// Makes the session's bearer token.
    pub(crate) tokens: Arc<Tokens>,
    /// Finds PeerJS clients that are called.
    pub(crate) operator: Arc<Operator>,
}

/// Serves one client until either side ends it, and says how it is to end. `outbox` takes what the client is told.
pub(crate) async fn serve(
    source: &mut impl Source,
    outbox: Outbox,
    address: IpAddr,
    pass: &mut Pass,
    visit: &Visit,
) -> End {
    let proof = match timeout(PROOF_TIME, introduce(source, &outbox)).await {
        Ok(Ok(proof)) => proof,
        Ok(Err(end)) => return end,
        Err(_) => return refuse(&outbox, "no proof of identity within 10 s"),
    };
    let hide = proof.hide;
    let session = session(proof, address, visit);
    pass.prove();
    source.proved();
    let conn = visit.switchboard.number();
    let attach = Input::Attach {
        conn,
        session: Box::new(session),
        outbox,
    };
    let end = match visit.switchboard.send(attach).await {
        Ok(()) => relay(source, (conn, address, hide), visit).await,
        Err(end) => end,
    };
    // When the server stops the hub may be gone already, and there is nothing to detach from.
    visit
        .switchboard
        .send(Input::Detach { conn })
        .await
        .unwrap_or_default();
    end
}

/// Says hello and waits for a proof that holds.
async fn introduce(source: &mut impl Source, outbox: &Outbox) -> Result<AuthRequest, End> {
    let nonce = secret();
    outbox.push(native::hello(&nonce).into());
    let proof = match native::parse(&source.text().await?) {
        Ok(Incoming::Auth(proof)) => proof,
        Ok(Incoming::Command(_)) => return Err(refuse(outbox, "the first message must be auth")),
        Err(malformed) => return Err(refuse(outbox, malformed.detail)),
    };
    let origin = source.origin();
    if proof.origin != origin {
        return Err(refuse(outbox, "the proof names another origin"));
    }
    match verify(
        &proof.key,
        &native::auth_message(&nonce, origin),
        &proof.signature,
    ) {
        true => Ok(proof),
        false => Err(refuse(
            outbox,
            "the signature does not fit key, nonce and origin",
        )),
    }
}

fn refuse(outbox: &Outbox, detail: &'static str) -> End {
    outbox.push(native::refusal(ErrorCode::Unauthorized, detail).into());
    End::Close(Close::new(native::CLOSE_AUTH, "unauthorized"))
}

fn session(proof: AuthRequest, address: IpAddr, visit: &Visit) -> Session {
    let now = visit.switchboard.clock().since_1970();
    let bearer = Bearer {
        name: &proof.key.device().to_string(),
        hidden: proof.hide,
    };
    let token = visit.tokens.mint(bearer, now);
    Session {
        device: proof.key,
        tab: proof.tab,
        label: proof.label,
        address,
        token,
    }
}

/// 32 random bytes that nobody can guess, as text.
pub(crate) fn secret() -> String {
    let mut random = [0; 32];
    rand::fill(&mut random).unwrap_or_else(|_| unreachable!("the system gives randomness"));
    BASE64URL_NOPAD.encode(&random)
}

/// Hands the client's messages to the hub until the connection ends.
async fn relay(
    source: &mut impl Source,
    (conn, address, hide): (ConnId, IpAddr, bool),
    visit: &Visit,
) -> End {
    loop {
        let text = match source.text().await {
            Ok(text) => text,
            Err(end) => return end,
        };
        let input = match native::parse(&text) {
            Ok(Incoming::Command(Command::Signal(signal))) if hide => {
                let frame = native::hide(&signal.frame);
                let command = Command::Signal(Signal { frame, ..signal });
                Input::Command { conn, command }
            }
            Ok(Incoming::Command(mut command)) => {
                find_peer(&mut command, address, visit).await;
                Input::Command { conn, command }
            }
            Ok(Incoming::Auth(_)) => Input::Malformed {
                conn,
                n: None,
                detail: "already authenticated",
            },
            Err(malformed) => Input::Malformed {
                conn,
                n: malformed.n,
                detail: malformed.detail,
            },
        };
        if let Err(end) = visit.switchboard.send(input).await {
            return end;
        }
    }
}

/// A PeerJS client that somebody means to call is made known to the hub before it is asked for it.
async fn find_peer(command: &mut Command, address: IpAddr, visit: &Visit) {
    let Command::Request(request) = command else {
        return;
    };
    let (RequestBody::Dial { to, .. } | RequestBody::Lookup { who: to }) = &mut request.body else {
        return;
    };
    let person = visit.operator.reach(to, address).await;
    if let Some(person) = person.filter(|_| to.trim().starts_with(PREFIX)) {
        *to = person;
    }
}

/// How long a client may take to prove its identity.
const PROOF_TIME: Duration = Duration::from_secs(10);

/// Longest message taken from a stranger; a proof is a third of it.
pub(crate) const HELLO_LIMIT: usize = 4096;
