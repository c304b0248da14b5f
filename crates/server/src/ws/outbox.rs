//! The bounded queue of messages for one connection: filled by the hub's task, emptied by the connection's.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use axum::body::Bytes;

use super::budget::Held;
use super::frame::{Close, encode_binary, encode_ping, encode_text};

/// Where messages for one connection are put. Cheap to clone; all clones are the same queue.
///
/// Putting never waits: a client whose queue would pass [`CAPACITY`] loses the queue and is closed, so one that does not
/// read costs the others nothing. The same goes for large queues when all connections together hold too much.
#[derive(Clone, Debug, Default)]
pub struct Outbox(Arc<Mutex<Queue>>);

#[derive(Debug)]
struct Queue {
    messages: VecDeque<Outgoing>,
    bytes: usize,
    capacity: usize,
    /// Messages are taken by a WebSocket from here on, no longer by [`Outbox::take`].
    moved: bool,
    held: Held,
    /// A ping is to go out before the next message.
    ping: bool,
    close: Option<Ending>,
    waker: Option<Waker>,
}

/// A message on its way to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// Goes out in a text frame; the caller vouches for UTF-8.
    Text(Bytes),
    /// Goes out in a binary frame.
    Binary(Bytes),
}

/// How a connection is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With a close frame, after what is queued.
    Close(Close),
    /// At once: the client does not read.
    Abort,
}

/// What [`Outbox::take`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// Messages, at least one.
    Messages(VecDeque<Outgoing>),
    /// Nothing, and the connection is to end so.
    Ended(Ending),
    /// The messages go to a WebSocket from here on.
    Moved,
}

/// Most bytes of messages that may wait for one client, unless [`Outbox::set_capacity`] says otherwise.
pub const CAPACITY: usize = 512 * 1024;

impl Outbox {
    /// Changes how many bytes of messages may wait.
    pub fn set_capacity(&self, bytes: usize) {
        self.lock().capacity = bytes;
    }

    /// Queues a text message.
    pub fn push(&self, message: Bytes) {
        self.queue(Outgoing::Text(message));
    }

    /// Queues a binary message.
    pub fn push_binary(&self, message: Bytes) {
        self.queue(Outgoing::Binary(message));
    }

    fn queue(&self, message: Outgoing) {
        let mut queue = self.lock();
        if queue.close.is_some() {
            return;
        }
        queue.bytes += message.len();
        queue.messages.push_back(message);
        let bytes = queue.bytes;
        if !queue.held.note(bytes) || bytes > queue.capacity {
            queue.clear();
            queue.close = Some(Ending::Abort);
        }
        wake(queue);
    }

    /// Asks the client for a sign of life.
    pub fn ping(&self) {
        let mut queue = self.lock();
        queue.ping = true;
        wake(queue);
    }

    /// Whether the client took its messages so slowly that the queue was dropped.
    #[must_use]
    pub fn overflowed(&self) -> bool {
        self.lock().close == Some(Ending::Abort)
    }

    /// Ends the connection after what is queued; what is pushed later is dropped.
    pub fn close(&self, close: Close) {
        let mut queue = self.lock();
        queue.close.get_or_insert(Ending::Close(close));
        wake(queue);
    }

    /// Whether the queue overflowed, so that even a write under way is pointless. Registers for a wake-up.
    pub(super) fn poll_overflow(&self, cx: &Context<'_>) -> bool {
        let mut queue = self.lock();
        if queue.close == Some(Ending::Abort) {
            return true;
        }
        register(&mut queue, cx);
        false
    }

    /// Moves queued messages as frames to `out`, up to about 64 KiB at a time. `Some`: that was all, and the connection
    /// is to end so.
    pub(crate) fn poll_frames(&self, cx: &Context<'_>, out: &mut Vec<u8>) -> Poll<Option<Ending>> {
        let mut queue = self.lock();
        let before = out.len();
        if std::mem::take(&mut queue.ping) {
            encode_ping(out);
        }
        while out.len() - before < PORTION
            && let Some(message) = queue.messages.pop_front()
        {
            queue.bytes -= message.len();
            message.encode(out);
        }
        let bytes = queue.bytes;
        // Holding less than before is always allowed.
        let _ = queue.held.note(bytes);
        if queue.messages.is_empty() {
            if let Some(ending) = queue.close {
                return Poll::Ready(Some(ending));
            }
            if queue.messages.capacity() > KEPT {
                queue.messages = VecDeque::new();
            }
        }
        if out.len() > before {
            return Poll::Ready(None);
        }
        register(&mut queue, cx);
        Poll::Pending
    }

    /// Waits for messages, and takes up to about `limit` bytes of them. For clients without a WebSocket; one caller at a
    /// time.
    pub async fn take(&self, limit: usize) -> Taken {
        std::future::poll_fn(|cx| self.poll_take(cx, limit)).await
    }

    /// The same as a poll.
    pub(crate) fn poll_take(&self, cx: &Context<'_>, limit: usize) -> Poll<Taken> {
        let mut queue = self.lock();
        if queue.moved {
            return Poll::Ready(Taken::Moved);
        }
        let messages = queue.portion(limit);
        let held = queue.bytes;
        // Holding less than before is always allowed.
        let _ = queue.held.note(held);
        match (messages.is_empty(), queue.close) {
            (false, _) => return Poll::Ready(Taken::Messages(messages)),
            (true, Some(ending)) => return Poll::Ready(Taken::Ended(ending)),
            (true, None) => (),
        }
        register(&mut queue, cx);
        Poll::Pending
    }

    /// Leaves the messages to a WebSocket from here on.
    pub fn hand_over(&self) {
        let mut queue = self.lock();
        queue.moved = true;
        wake(queue);
    }

    /// Ends the connection at once: nobody is left to take what is queued.
    pub(crate) fn abort(&self) {
        let mut queue = self.lock();
        queue.clear();
        queue.close = Some(Ending::Abort);
        wake(queue);
    }

    /// Moves everything queued as frames to `out`.
    pub(super) fn take_frames(&self, out: &mut Vec<u8>) {
        let messages = std::mem::take(&mut self.lock().messages);
        messages.iter().for_each(|message| message.encode(out));
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            messages: VecDeque::new(),
            bytes: 0,
            capacity: CAPACITY,
            moved: false,
            held: Held::default(),
            ping: false,
            close: None,
            waker: None,
        }
    }
}

impl Outgoing {
    /// What it counts for: many empty messages are not free either.
    fn len(&self) -> usize {
        let (Self::Text(bytes) | Self::Binary(bytes)) = self;
        bytes.len() + size_of::<Self>()
    }

    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => encode_text(text, out),
            Self::Binary(bytes) => encode_binary(bytes, out),
        }
    }
}

impl Queue {
    /// Takes messages of up to about `limit` bytes off the front; an emptied queue keeps no memory.
    fn portion(&mut self, limit: usize) -> VecDeque<Outgoing> {
        if self.bytes <= limit {
            self.bytes = 0;
            return std::mem::take(&mut self.messages);
        }
        let mut portion = VecDeque::new();
        let mut bytes = 0;
        while bytes < limit
            && let Some(message) = self.messages.pop_front()
        {
            bytes += message.len();
            portion.push_back(message);
        }
        self.bytes -= bytes;
        portion
    }

    fn clear(&mut self) {
        self.messages = VecDeque::new();
        self.bytes = 0;
        self.held = Held::default();
    }
}

fn register(queue: &mut Queue, cx: &Context<'_>) {
    match &mut queue.waker {
        Some(waker) => waker.clone_from(cx.waker()),
        none => *none = Some(cx.waker().clone()),
    }
}

fn wake(mut queue: MutexGuard<'_, Queue>) {
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Frames made at a time, so that one client's long queue does not hold up the others.
const PORTION: usize = 64 * 1024;

/// Slots an idle queue may keep.
const KEPT: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_leave_in_order_and_the_close_comes_last() {
        let (outbox, mut out) = (Outbox::default(), Vec::new());
        outbox.push("one".into());
        outbox.push_binary(vec![0, 1].into());
        outbox.close(Close::new(4409, "replaced"));
        outbox.push("late".into());
        let taken = outbox.poll_frames(&Context::from_waker(Waker::noop()), &mut out);
        assert_eq!(
            taken,
            Poll::Ready(Some(Ending::Close(Close::new(4409, "replaced"))))
        );
        assert_eq!(out, b"\x81\x03one\x82\x02\x00\x01");
    }

    #[test]
    fn a_queue_over_its_capacity_is_dropped_and_the_client_closed() {
        let (outbox, mut out) = (Outbox::default(), Vec::new());
        let message = Bytes::from(vec![b'x'; CAPACITY / 2 - size_of::<Outgoing>()]);
        outbox.push(message.clone());
        outbox.push(message);
        let cx = Context::from_waker(Waker::noop());
        assert!(!outbox.poll_overflow(&cx));
        outbox.push("one more".into());
        assert!(outbox.poll_overflow(&cx));
        assert_eq!(
            outbox.poll_frames(&cx, &mut out),
            Poll::Ready(Some(Ending::Abort))
        );
        assert_eq!(out, b"");
    }

    #[tokio::test]
    async fn messages_are_taken_in_portions_until_a_websocket_takes_them_over() {
        let outbox = Outbox::default();
        for message in ["one", "two", "three"] {
            outbox.push(message.into());
        }
        let first = ["one", "two"].map(|text| Outgoing::Text(text.into()));
        assert_eq!(outbox.take(50).await, Taken::Messages(first.into()));
        outbox.hand_over();
        assert_eq!(outbox.take(50).await, Taken::Moved);
        let mut out = Vec::new();
        let taken = outbox.poll_frames(&Context::from_waker(Waker::noop()), &mut out);
        assert_eq!(
            (taken, &out[..]),
            (Poll::Ready(None), &b"\x81\x05three"[..])
        );
    }

    #[tokio::test]
    async fn the_end_is_taken_after_the_last_message() {
        let outbox = Outbox::default();
        outbox.push("last".into());
        outbox.close(Close::new(1000, ""));
        let last = [Outgoing::Text("last".into())];
        assert_eq!(outbox.take(50).await, Taken::Messages(last.into()));
        let end = Ending::Close(Close::new(1000, ""));
        assert_eq!(outbox.take(50).await, Taken::Ended(end));
    }

    #[test]
    fn a_ping_goes_before_what_waits() {
        let (outbox, mut out) = (Outbox::default(), Vec::new());
        outbox.push("one".into());
        outbox.ping();
        outbox.ping();
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(outbox.poll_frames(&cx, &mut out), Poll::Ready(None));
        assert_eq!(out, b"\x89\x00\x81\x03one");
        assert!(outbox.poll_frames(&cx, &mut out).is_pending());
    }

    #[test]
    fn a_long_queue_leaves_in_portions() {
        let (outbox, mut out) = (Outbox::default(), Vec::new());
        for _ in 0..4 {
            outbox.push(vec![b'x'; PORTION / 2].into());
        }
        let cx = Context::from_waker(Waker::noop());
        assert_eq!(outbox.poll_frames(&cx, &mut out), Poll::Ready(None));
        assert!(out.len() < 2 * PORTION);
        assert_eq!(outbox.poll_frames(&cx, &mut out), Poll::Ready(None));
        assert!(outbox.poll_frames(&cx, &mut out).is_pending());
    }
}
