//! TURN over TCP and TLS: one task per client on the main runtime, which frames what it reads and queues what it writes.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use magpie_relay::{ClientAddr, Transport, framing};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::inbox::{Inbox, ToWorker};

/// A message for a stream's client.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) bytes: Bytes,
    pub(super) kind: Kind,
}

/// What may happen to a message for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An answer: the client waits for it, so rather the stream ends.
    Answer,
    /// A peer's packet: the oldest goes first, since media is worth less with age.
    Media,
}

/// The worker's end of a stream.
#[derive(Clone, Debug)]
pub(super) struct StreamEnd {
    pub(super) serial: u64,
    pub(super) queue: mpsc::Sender<Outgoing>,
    /// Whether the client has an allocation: only then may it be silent.
    pub(super) allocated: Arc<AtomicBool>,
}

/// Serves one stream until either side ends it.
pub(super) async fn serve<S>(stream: S, first: Vec<u8>, client: ClientAddr, inbox: &Inbox)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    static SERIAL: AtomicU64 = AtomicU64::new(0);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    let (queue, outgoing) = mpsc::channel(QUEUE_MESSAGES);
    let allocated = Arc::new(AtomicBool::new(false));
    let end = StreamEnd {
        serial,
        queue,
        allocated: Arc::clone(&allocated),
    };
    if inbox.send(ToWorker::Opened { client, end }).await.is_err() {
        return;
    }
    let mut service = Service {
        client,
        inbox,
        unframed: BytesMut::from(&first[..]),
        outbox: Outbox::new(client.transport()),
        allocated,
    };
    if let Err(error) = service.run(stream, outgoing).await {
        tracing::debug!(%error, "TURN stream ended");
    }
    // An error means that the worker is gone, and with it all it knew of this stream.
    drop(inbox.send(ToWorker::Closed { client, serial }).await);
}

struct Service<'a> {
    client: ClientAddr,
    inbox: &'a Inbox,
    /// Read, and not yet a whole message.
    unframed: BytesMut,
    outbox: Outbox,
    allocated: Arc<AtomicBool>,
}

impl Service<'_> {
    async fn run<S>(&mut self, stream: S, mut outgoing: mpsc::Receiver<Outgoing>) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        self.pass_on().await?;
        loop {
            self.unframed.reserve(READ_ROOM);
            tokio::select! {
                read = reader.read_buf(&mut self.unframed) => {
                    if read? == 0 {
                        return Ok(());
                    }
                    if self.pass_on().await? {
                        heard = Instant::now();
                    }
                }
                message = outgoing.recv() => match message {
                    Some(message) => self.outbox.push(message)?,
                    None => return Ok(()),
                },
                written = self.outbox.write_to(&mut writer), if self.outbox.is_busy() => written?,
                _ = tick.tick() => self.check(heard)?,
            }
        }
    }

    /// Hands whole messages to the worker; a full inbox holds the client back by TCP's own means. Whether there were any.
    async fn pass_on(&mut self) -> io::Result<bool> {
        let whole = framing::whole(&self.unframed).map_err(io::Error::other)?;
        if whole == 0 {
            return Ok(false);
        }
        let bytes = self.unframed.split_to(whole).freeze();
        let message = ToWorker::Messages {
            client: self.client,
            bytes,
        };
        self.inbox
            .send(message)
            .await
            .map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(true)
    }

    /// Ends a stream that does not read, sends half a message, or only occupies a descriptor.
    fn check(&self, heard: Instant) -> io::Result<()> {
        let silent = heard.elapsed();
        let stuck = self.outbox.stuck_for() > STUCK_MOST;
        let partial = !self.unframed.is_empty() && silent > STUCK_MOST;
        let idle = !self.allocated.load(Ordering::Relaxed) && silent > IDLE_MOST;
        if stuck || partial || idle {
            Err(io::ErrorKind::TimedOut.into())
        } else {
            Ok(())
        }
    }
}

/// What is still to be written, bounded.
#[derive(Debug)]
struct Outbox {
    /// Bytes up to which messages are joined.
    join_most: usize,
    /// Being written: what is in here cannot be dropped, since part of it may be on its way.
    writing: BytesMut,
    flushed: bool,
    queue: VecDeque<Outgoing>,
    queued: usize,
    progress: Instant,
}

impl Outbox {
    fn new(transport: Transport) -> Self {
        Self {
            // Some clients take a TLS record for a message and lose what follows the first one in it.
            join_most: if transport == Transport::Tls {
                0
            } else {
                JOIN_MOST
            },
            writing: BytesMut::new(),
            flushed: true,
            queue: VecDeque::new(),
            queued: 0,
            progress: Instant::now(),
        }
    }

    /// Queues a message, dropping the oldest media if there is no room.
    ///
    /// # Errors
    /// Answers alone fill the queue: the client asks and does not read.
    fn push(&mut self, message: Outgoing) -> io::Result<()> {
        if !self.is_busy() {
            self.progress = Instant::now();
        }
        self.queued += message.bytes.len();
        self.queue.push_back(message);
        while self.queued > QUEUE_BYTES {
            let oldest = self.queue.iter().position(|m| m.kind == Kind::Media);
            let dropped = oldest.and_then(|at| self.queue.remove(at));
            let dropped = dropped.ok_or(io::ErrorKind::QuotaExceeded)?;
            self.queued -= dropped.bytes.len();
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        !self.flushed || !self.writing.is_empty() || !self.queue.is_empty()
    }

    fn stuck_for(&self) -> Duration {
        if self.is_busy() {
            self.progress.elapsed()
        } else {
            Duration::ZERO
        }
    }

    /// One step of writing. Nothing is lost when the step is given up half-way.
    async fn write_to<W: AsyncWrite + Unpin>(&mut self, writer: &mut W) -> io::Result<()> {
        self.fill();
        if self.writing.is_empty() {
            writer.flush().await?;
            self.flushed = true;
        } else {
            self.flushed = false;
            let written = writer.write(&self.writing).await?;
            self.writing.advance(written);
        }
        self.progress = Instant::now();
        Ok(())
    }

    /// Joins small messages, so that they share a system call.
    fn fill(&mut self) {
        while self.writing.is_empty() || self.writing.len() < self.join_most {
            let Some(message) = self.queue.pop_front() else {
                return;
            };
            self.queued -= message.bytes.len();
            self.writing.extend_from_slice(&message.bytes);
        }
    }
}

/// Messages between the worker and a stream's task, which takes them as fast as it is scheduled.
const QUEUE_MESSAGES: usize = 256;
/// Bytes a slow client may have waiting: about half a second of good video.
const QUEUE_BYTES: usize = 192 << 10;
const JOIN_MOST: usize = 16 << 10;
const READ_ROOM: usize = 2 << 10;
const TICK: Duration = Duration::from_secs(2);
const STUCK_MOST: Duration = Duration::from_secs(7);
const IDLE_MOST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_media_goes_first_and_answers_stay() {
        let mut outbox = Outbox::new(Transport::Tcp);
        outbox.push(message(0, Kind::Answer)).unwrap();
        for n in 1..=200 {
            outbox.push(message(n, Kind::Media)).unwrap();
        }
        assert!(outbox.queued <= QUEUE_BYTES);
        assert_eq!(outbox.queue[0].bytes[0], 0);
        assert_eq!(outbox.queue.back().unwrap().bytes[0], 200);
        assert!(outbox.queue[1].bytes[0] > 1);
    }

    #[test]
    fn a_client_that_asks_and_does_not_read_is_given_up() {
        let mut outbox = Outbox::new(Transport::Tcp);
        let failed = (0..=200).find_map(|n| outbox.push(message(n, Kind::Answer)).err());
        assert_eq!(failed.unwrap().kind(), io::ErrorKind::QuotaExceeded);
    }

    #[test]
    fn messages_are_joined_over_tcp_and_kept_apart_inside_tls() {
        for (transport, joined) in [(Transport::Tcp, 3), (Transport::Tls, 1)] {
            let mut outbox = Outbox::new(transport);
            for n in 0..3 {
                outbox.push(message(n, Kind::Media)).unwrap();
            }
            outbox.fill();
            assert_eq!(outbox.writing.len(), joined * SIZE, "{transport:?}");
        }
    }

    const SIZE: usize = 1500;

    fn message(n: u8, kind: Kind) -> Outgoing {
        Outgoing {
            bytes: Bytes::from(vec![n; SIZE]),
            kind,
        }
    }
}
