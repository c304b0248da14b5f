//! The way from the main runtime to a worker, and the bell that wakes it.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use magpie_relay::{Millis, Relay};
use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::mpsc;

use super::stream::NewStream;

/// What the main runtime tells a worker.
#[derive(Debug)]
pub(super) enum ToWorker {
    /// A client's stream, to be served from here on.
    Stream(Box<NewStream>),
    /// Something to be asked of the core, or told to it.
    Ask(Question),
}

/// Runs on the worker's thread, with its core.
pub(super) struct Question(pub(super) Box<Ask>);

/// Told the time and how many packets the worker itself has dropped.
type Ask = dyn FnOnce(&mut Relay, Millis, u64) + Send;

impl fmt::Debug for Question {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Question")
    }
}

/// The sending end; bounded, so a busy worker slows its clients down.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Empty only while being dropped.
    sender: Option<mpsc::Sender<ToWorker>>,
    bell: Arc<Bell>,
}

/// A way to a worker for the others; it does not keep the worker from ending.
#[derive(Clone, Debug)]
pub(super) struct Door {
    sender: mpsc::WeakSender<ToWorker>,
    bell: Arc<Bell>,
}

impl Door {
    /// Tells the worker, if it has room; else what is told is dropped.
    pub(super) fn send(&self, message: ToWorker) {
        if let Some(sender) = self.sender.upgrade()
            && sender.try_send(message).is_ok()
        {
            self.bell.ring();
        }
    }
}

/// Wakes the worker out of its wait.
#[derive(Debug)]
pub(super) struct Bell {
    event: EventFd,
    rung: AtomicBool,
}

/// The worker has ended.
#[derive(Debug)]
pub(super) struct Gone;

impl Inbox {
    /// A new inbox that wakes by `bell`, and the worker's end of it.
    pub(super) fn new(bell: Arc<Bell>) -> (Self, mpsc::Receiver<ToWorker>) {
        let (sender, receiver) = mpsc::channel(MESSAGES);
        let inbox = Self {
            sender: Some(sender),
            bell,
        };
        (inbox, receiver)
    }

    /// The way in for other workers.
    pub(super) fn door(&self) -> Option<Door> {
        let sender = self.sender.as_ref()?.downgrade();
        let bell = Arc::clone(&self.bell);
        Some(Door { sender, bell })
    }

    pub(super) async fn send(&self, message: ToWorker) -> Result<(), Gone> {
        let sender = self.sender.as_ref().ok_or(Gone)?;
        sender.send(message).await.map_err(|_| Gone)?;
        self.bell.ring();
        Ok(())
    }
}

/// A closed inbox ends the worker, which has to be woken to see it.
impl Drop for Inbox {
    fn drop(&mut self) {
        drop(self.sender.take());
        self.bell.ring();
    }
}

impl Bell {
    /// A bell nobody has rung. To be waited for edge-triggered: it is never read.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            event: EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?,
            rung: AtomicBool::new(false),
        })
    }

    /// Wakes the worker, unless it has been already.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // It cannot fail: no process lives long enough to fill a counter of 64 bits.
            let _ = self.event.write(1);
        }
    }

    /// Silences the bell; what is sent from here on rings it again. Call before looking at what was sent.
    pub(super) fn answer(&self) {
        // An exchange, not a store: it comes before or after that of the one who rings, so either that one sees that it has
        // to wake us, or we see what was sent before it rang.
        self.rung.swap(false, Ordering::AcqRel);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// Each a client that has just connected.
const MESSAGES: usize = 512;
