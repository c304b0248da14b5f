//! The native protocol's transport: a WebSocket from its handshake to its close frame.
//!
//! A connection's task reads frames, parses them and hands commands to the hub's task; what the hub has for the client
//! comes through the connection's [`Outbox`]. While a write waits for the client nothing is read from it, so a client
//! that does not read cannot make us work either.

pub(crate) mod budget;
pub mod frame;
pub mod outbox;
mod wire;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::rand;
use axum::body::Bytes;
use data_encoding::BASE64URL_NOPAD;
use magpie_doors::native::{self, AuthRequest, Incoming};
use magpie_hub::{ConnId, ErrorCode, Session};
use tokio::time::timeout;

use self::frame::{Close, Message, Violation};
use self::outbox::Outbox;
pub(crate) use self::wire::{End, Wire};
use crate::http::Tokens;
use crate::http::websocket::Socket;
use crate::signal::{Input, Switchboard, verify};

/// What a native connection needs of the server.
pub(crate) struct Visit {
    /// Where commands go.
    pub(crate) switchboard: Switchboard,
    /// Makes the session's bearer token.
    pub(crate) tokens: Arc<Tokens>,
}

/// Serves one native WebSocket until either side ends it. The proof must name the page's origin.
pub(crate) async fn serve(socket: Socket, visit: Visit) {
    let Socket {
        mut wire,
        outbox,
        caller,
        mut pass,
    } = socket;
    let Visit {
        switchboard,
        tokens,
    } = visit;
    let (origin, address) = (caller.origin.unwrap_or_default(), caller.visitor.address);
    drop(caller.visitor);
    let session = match timeout(PROOF_TIME, introduce(&mut wire, &outbox, &origin)).await {
        Ok(Ok(proof)) => session(proof, address, &tokens, &switchboard),
        Ok(Err(end)) => return wire.finish(end).await,
        Err(_) => {
            return wire
                .finish(refuse(&outbox, "no proof of identity within 10 s"))
                .await;
        }
    };
    drop(origin);
    pass.prove();
    wire.set_limit(native::MAX_FRAME);
    let conn = switchboard.number();
    let attach = Input::Attach {
        conn,
        session: Box::new(session),
        outbox,
    };
    let end = match switchboard.send(attach).await {
        Ok(()) => relay(&mut wire, conn, &switchboard).await,
        Err(end) => end,
    };
    // When the server stops the hub may be gone already, and there is nothing to detach from.
    switchboard
        .send(Input::Detach { conn })
        .await
        .unwrap_or_default();
    wire.finish(end).await;
}

/// Says hello and waits for a proof that holds.
async fn introduce(wire: &mut Wire, outbox: &Outbox, origin: &str) -> Result<AuthRequest, End> {
    let nonce = nonce();
    outbox.push(native::hello(&nonce).into());
    let proof = match native::parse(&wire.text().await?) {
        Ok(Incoming::Auth(proof)) => proof,
        Ok(Incoming::Command(_)) => return Err(refuse(outbox, "the first message must be auth")),
        Err(malformed) => return Err(refuse(outbox, malformed.detail)),
    };
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

fn session(
    proof: AuthRequest,
    address: IpAddr,
    tokens: &Tokens,
    switchboard: &Switchboard,
) -> Session {
    let token = tokens.mint(
        &proof.key.device().to_string(),
        switchboard.clock().since_1970(),
    );
    Session {
        device: proof.key,
        tab: proof.tab,
        label: proof.label,
        address,
        token,
    }
}

fn nonce() -> String {
    let mut random = [0; 32];
    rand::fill(&mut random).unwrap_or_else(|_| unreachable!("the system gives randomness"));
    BASE64URL_NOPAD.encode(&random)
}

/// Hands the client's messages to the hub until the connection ends.
async fn relay(wire: &mut Wire, conn: ConnId, switchboard: &Switchboard) -> End {
    loop {
        let text = match wire.text().await {
            Ok(text) => text,
            Err(end) => return end,
        };
        let input = match native::parse(&text) {
            Ok(Incoming::Command(command)) => Input::Command { conn, command },
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
        if let Err(end) = switchboard.send(input).await {
            return end;
        }
    }
}

impl Wire {
    /// The next text message; answers pings on the way.
    ///
    /// # Errors
    /// How the connection is to end.
    pub(crate) async fn text(&mut self) -> Result<Bytes, End> {
        loop {
            match std::future::poll_fn(|cx| self.poll_message(cx)).await? {
                Message::Text(text) => return Ok(text),
                Message::Binary(_) => return Err(End::Close(Violation::Binary.close())),
                Message::Ping(payload) => self.pong(&payload)?,
                Message::Pong => (),
                Message::Close => return Err(End::Close(Close::new(1000, ""))),
            }
        }
    }
}

/// How long a client may take to prove its identity.
const PROOF_TIME: Duration = Duration::from_secs(10);

/// Longest message taken from a stranger; a proof is a third of it.
pub(crate) const HELLO_LIMIT: usize = 4096;
