//! Frames to and from one client, with as little memory as can be while nothing moves.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use magpie_doors::native;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::time::{Sleep, sleep, timeout};

use super::budget::Held;
use super::frame::{Close, Decoder, Message, encode_pong};
use super::outbox::{Ending, Outbox};
use crate::listen::Conn;

/// Why a connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// We end it, with a close frame.
    Close(Close),
    /// Nothing more can be said: the client is gone, or does not read.
    Gone,
}

/// A WebSocket over a connection.
pub(crate) struct Wire {
    conn: Conn,
    decoder: Decoder,
    outbox: Outbox,
    /// Decoded and not yet taken.
    inbox: VecDeque<Message>,
    /// Why we close, once what is in the inbox is taken.
    verdict: Option<Close>,
    /// What incomplete messages take.
    held: Held,
    /// Pings since the last message.
    pings: u32,
    /// Frames the client has yet to read.
    unsent: Vec<u8>,
    flushed: bool,
    /// Armed while a message is incomplete; boxed since that is rare.
    midway: Option<Pin<Box<Sleep>>>,
}

thread_local! {
    /// What is read lies here only until it is decoded, so all connections of a thread share it.
    static INPUT: RefCell<Vec<u8>> = RefCell::new(vec![0; 16 * 1024]);
    /// Frames lie here only until they are written; what a client cannot take at once goes to its own `unsent`.
    static OUTPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Wire {
    /// A WebSocket over a connection whose handshake is done. `early` is what the client sent right behind that; `limit`
    /// is the longest message taken, bytes.
    pub(crate) fn new(conn: Conn, early: Bytes, outbox: Outbox, limit: usize) -> Self {
        let mut wire = Self {
            conn,
            decoder: Decoder::new(limit),
            outbox,
            inbox: VecDeque::new(),
            verdict: None,
            held: Held::default(),
            pings: 0,
            unsent: Vec::new(),
            flushed: true,
            midway: None,
        };
        wire.decode(&early);
        wire
    }

    /// Sends what another queue holds from here on, after what this one still does.
    pub(crate) fn adopt(&mut self, outbox: Outbox) {
        let before = std::mem::replace(&mut self.outbox, outbox);
        before.take_frames(&mut self.unsent);
        self.flushed = false;
    }

    /// Changes the longest message taken.
    pub(crate) const fn set_limit(&mut self, limit: usize) {
        self.decoder.set_limit(limit);
    }

    /// Sends what the outbox holds, and returns the next message of the client once there is one.
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, End>> {
        if self.outbox.poll_overflow(cx) {
            return Poll::Ready(Err(End::Gone));
        }
        if let Some(end) = ready!(self.poll_send(cx)) {
            return Poll::Ready(Err(end));
        }
        self.poll_receive(cx)
    }

    /// Queues the answer to a ping.
    ///
    /// # Errors
    /// So many pings without a message between are a flood; messages themselves are counted by the hub.
    pub(crate) fn pong(&mut self, payload: &[u8]) -> Result<(), End> {
        self.pings += 1;
        if self.pings > PINGS {
            return Err(End::Close(Close::new(native::CLOSE_FLOOD, "pings")));
        }
        encode_pong(payload, &mut self.unsent);
        self.flushed = false;
        Ok(())
    }

    /// Ends the connection. What was queued and the close frame still go out if the client takes them in time.
    pub(crate) async fn finish(mut self, end: End) {
        if let End::Close(close) = end {
            drop(timeout(FAREWELL, self.say_goodbye(close)).await);
        }
    }

    async fn say_goodbye(&mut self, close: Close) -> io::Result<()> {
        let mut farewell = std::mem::take(&mut self.unsent);
        self.outbox.take_frames(&mut farewell);
        close.encode(&mut farewell);
        self.conn.write_all(&farewell).await?;
        self.conn.shutdown().await?;
        // Closing with unread input would reset the connection, and the close frame might be lost with it.
        let mut sink = [0; 512];
        while self.conn.read(&mut sink).await? > 0 {}
        Ok(())
    }

    /// Ready without an end: everything is sent.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<Option<End>> {
        loop {
            if let Err(error) = ready!(self.poll_unsent(cx)) {
                tracing::debug!(%error, "a WebSocket cannot be written to");
                return Poll::Ready(Some(End::Gone));
            }
            let ending = OUTPUT.with_borrow_mut(|frames| {
                frames.clear();
                let ending = self.outbox.poll_frames(cx, frames);
                self.write(cx, frames);
                ending
            });
            match ending {
                Poll::Pending => return Poll::Ready(None),
                Poll::Ready(None) => (),
                Poll::Ready(Some(Ending::Abort)) => return Poll::Ready(Some(End::Gone)),
                Poll::Ready(Some(Ending::Close(close))) => {
                    return Poll::Ready(Some(End::Close(close)));
                }
            }
        }
    }

    /// Writes what the client takes at once and keeps the rest; errors come back at the next try.
    fn write(&mut self, cx: &mut Context<'_>, frames: &[u8]) {
        if frames.is_empty() {
            return;
        }
        self.flushed = false;
        let written = match Pin::new(&mut self.conn).poll_write(cx, frames) {
            Poll::Ready(Ok(written)) => written,
            _ => 0,
        };
        self.unsent.extend_from_slice(&frames[written..]);
    }

    fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.unsent.is_empty() {
            match ready!(Pin::new(&mut self.conn).poll_write(cx, &self.unsent))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                all if all == self.unsent.len() => self.unsent = Vec::new(),
                part => drop(self.unsent.drain(..part)),
            }
        }
        if !self.flushed {
            ready!(Pin::new(&mut self.conn).poll_flush(cx))?;
            self.flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<Result<Message, End>> {
        loop {
            if let Some(message) = self.inbox.pop_front() {
                if matches!(message, Message::Text(_) | Message::Binary(_)) {
                    self.pings = 0;
                }
                return Poll::Ready(Ok(message));
            }
            if let Some(close) = self.verdict {
                return Poll::Ready(Err(End::Close(close)));
            }
            if self.inbox.capacity() > KEPT {
                self.inbox = VecDeque::new();
            }
            if let Some(midway) = &mut self.midway
                && midway.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(Err(End::Close(Close::new(
                    1008,
                    "a message took longer than 10 s",
                ))));
            }
            if !ready!(self.poll_read(cx)) {
                return Poll::Ready(Err(End::Gone));
            }
        }
    }

    /// Reads and decodes once; `false` at the end of the stream.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<bool> {
        INPUT.with_borrow_mut(|input| {
            let mut buffer = ReadBuf::new(input);
            match ready!(Pin::new(&mut self.conn).poll_read(cx, &mut buffer)) {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.decode(buffer.filled());
                    Poll::Ready(true)
                }
                _ => Poll::Ready(false),
            }
        })
    }

    fn decode(&mut self, mut bytes: &[u8]) {
        loop {
            match self.decoder.next(&mut bytes) {
                Ok(Some(message)) => self.inbox.push_back(message),
                Ok(None) => break,
                Err(violation) => {
                    self.verdict = Some(violation.close());
                    break;
                }
            }
        }
        if !self.held.note(self.decoder.held()) {
            self.verdict = Some(Close::new(1013, "the server is short of memory"));
        }
        match (self.decoder.is_midway(), &self.midway) {
            (true, None) => self.midway = Some(Box::pin(sleep(MESSAGE_TIME))),
            (false, Some(_)) => self.midway = None,
            _ => (),
        }
    }
}

/// Slots an empty inbox may keep: one read can hold thousands of messages.
const KEPT: usize = 8;

/// Pings answered without a message between.
const PINGS: u32 = 300;

/// How long a message may take from its first byte to its last.
const MESSAGE_TIME: Duration = Duration::from_secs(10);

/// How long a connection may take to end in good order.
const FAREWELL: Duration = Duration::from_secs(2);
