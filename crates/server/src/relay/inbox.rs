//! The way from the main runtime to the worker.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use magpie_relay::ClientAddr;
use nix::sys::eventfd::{EfdFlags, EventFd};
use tokio::sync::mpsc;

use super::stream::StreamEnd;

/// What streams tell the worker.
#[derive(Debug)]
pub(super) enum ToWorker {
    /// A client's stream is there.
    Opened { client: ClientAddr, end: StreamEnd },
    /// Whole messages, back to back.
    Messages { client: ClientAddr, bytes: Bytes },
    /// The stream has ended.
    Closed { client: ClientAddr, serial: u64 },
}

/// The sending end; bounded, so a busy worker slows the streams down.
#[derive(Debug)]
pub(super) struct Inbox {
    /// Empty only while being dropped.
    sender: Option<mpsc::Sender<ToWorker>>,
    bell: Arc<Bell>,
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
    /// A new inbox, the worker's end of it, and the bell to wait for.
    pub(super) fn new() -> io::Result<(Self, mpsc::Receiver<ToWorker>, Arc<Bell>)> {
        let (sender, receiver) = mpsc::channel(MESSAGES);
        let event = EventFd::from_flags(EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC)?;
        let bell = Arc::new(Bell {
            event,
            rung: AtomicBool::new(false),
        });
        let inbox = Self {
            sender: Some(sender),
            bell: Arc::clone(&bell),
        };
        Ok((inbox, receiver, bell))
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
    /// Wakes the worker, unless it has been already.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            // It cannot fail: the counter is written at most once between two reads.
            let _ = self.event.write(1);
        }
    }

    /// Silences the bell; what is sent from here on rings it again. Call before emptying the inbox.
    pub(super) fn answer(&self) {
        // Empty if somebody rings at this very moment.
        let _ = self.event.read();
        self.rung.store(false, Ordering::Release);
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

/// Each at most what one read took off a stream.
const MESSAGES: usize = 512;
