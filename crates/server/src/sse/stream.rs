//! The body of `GET /sse`.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::time::{Instant, Sleep, sleep};

use crate::http::Site;
use crate::ws::outbox::{Ending, Outbox, Outgoing, Taken};

/// Turns what the hub has for a client into events; ends the session when the client lets go of it.
pub(super) struct Events {
    outbox: Outbox,
    site: Arc<Site>,
    secret: String,
    greeted: bool,
    ended: bool,
    quiet: Pin<Box<Sleep>>,
}

impl Events {
    pub(super) fn new(outbox: Outbox, site: Arc<Site>, secret: String) -> Self {
        Self {
            outbox,
            site,
            secret,
            greeted: false,
            ended: false,
            quiet: Box::pin(sleep(QUIET)),
        }
    }

    /// What goes out now; an empty text: nothing any more.
    fn poll_text(&mut self, cx: &mut Context<'_>) -> Poll<Vec<u8>> {
        let mut text = Vec::new();
        if !std::mem::replace(&mut self.greeted, true) {
            let session = serde_json::json!({ "session": self.secret });
            text.extend_from_slice(format!("event: session\ndata: {session}\n\n").as_bytes());
        }
        if self.ended {
            return Poll::Ready(text);
        }
        match self.outbox.poll_take(cx, PORTION) {
            Poll::Ready(Taken::Messages(messages)) => {
                messages
                    .iter()
                    .for_each(|message| event(message, &mut text));
            }
            Poll::Ready(Taken::Ended(Ending::Close(close))) => {
                self.ended = true;
                let close = serde_json::json!({ "code": close.code(), "reason": close.reason() });
                text.extend_from_slice(format!("event: close\ndata: {close}\n\n").as_bytes());
            }
            Poll::Ready(Taken::Ended(Ending::Abort) | Taken::Moved) => self.ended = true,
            Poll::Pending if text.is_empty() => return self.poll_quiet(cx),
            Poll::Pending => (),
        }
        Poll::Ready(text)
    }

    /// A comment now and then: it finds out whether the client is still there, and keeps proxies from giving up on it.
    fn poll_quiet(&mut self, cx: &mut Context<'_>) -> Poll<Vec<u8>> {
        if self.quiet.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        self.wait();
        // Registers for the next time.
        let _ = self.quiet.as_mut().poll(cx);
        Poll::Ready(b":\n\n".to_vec())
    }

    fn wait(&mut self) {
        self.quiet.as_mut().reset(Instant::now() + QUIET);
    }
}

impl Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let text = std::task::ready!(self.poll_text(cx));
        if text.is_empty() {
            return Poll::Ready(None);
        }
        self.wait();
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.site.streams.forget(&self.secret);
    }
}

/// Our messages are JSON without line breaks, so each is one `data` line.
fn event(message: &Outgoing, out: &mut Vec<u8>) {
    if let Outgoing::Text(text) = message {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(text);
        out.extend_from_slice(b"\n\n");
    }
}

/// Bytes of messages taken at a time.
const PORTION: usize = 64 * 1024;

/// Silence after which a comment is sent.
const QUIET: Duration = Duration::from_secs(15);
