//! WebSockets: frames, the queue of what a client is told, and the native protocol over them.
//!
//! What the hub has for a client comes through the connection's [`Outbox`](outbox::Outbox). While a write waits for the client
//! nothing is read from it, so a client that does not read cannot make us work either.

pub(crate) mod budget;
pub mod frame;
pub mod outbox;
mod wire;

use axum::body::Bytes;
use magpie_doors::native;

use self::frame::{Close, Message, Violation};
pub(crate) use self::wire::{End, Wire};
use crate::http::websocket::Socket;
use crate::session::{self, Source, Visit};

/// Serves one native WebSocket until either side ends it.
pub(crate) async fn serve(socket: Socket, visit: Visit) {
    let Socket {
        wire,
        outbox,
        caller,
        mut pass,
    } = socket;
    let address = caller.visitor.address;
    let mut line = Line {
        wire,
        origin: caller.origin.unwrap_or_default(),
    };
    let end = session::serve(&mut line, outbox, address, &mut pass, &visit).await;
    line.wire.finish(end).await;
}

/// A native WebSocket and the origin of its page, until that has been proved.
struct Line {
    wire: Wire,
    origin: String,
}

impl Source for Line {
    async fn text(&mut self) -> Result<Bytes, End> {
        self.wire.text().await
    }

    fn origin(&self) -> &str {
        &self.origin
    }

    fn proved(&mut self) {
        self.origin = String::new();
        self.wire.set_limit(native::MAX_FRAME);
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
