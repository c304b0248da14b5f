//! TURN over TCP and TLS: a client's stream as the worker serves it, and all of them.

use std::collections::HashMap;
use std::io::{self, IoSlice, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use magpie_relay::{ClientAddr, Millis, framing};
use rustls::ServerConnection;

use super::outbox::{Frame, Kind, Outbox, length};
use crate::listen::Pass;

/// A client's stream on its way to the worker.
#[derive(Debug)]
pub(super) struct NewStream {
    pub(super) client: ClientAddr,
    pub(super) socket: TcpStream,
    /// With the handshake done.
    pub(super) tls: Option<Box<ServerConnection>>,
    /// What was read of it already.
    pub(super) first: Vec<u8>,
    /// What it is to be sent first.
    pub(super) waiting: Vec<u8>,
    /// Counts the connection until it is closed.
    pub(super) pass: Option<Pass>,
}

/// What a client's stream is made of, once it carries something else than messages.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) client: ClientAddr,
    pub(super) socket: TcpStream,
    pub(super) tls: Option<Box<ServerConnection>>,
    /// To be written before anything else.
    pub(super) waiting: Vec<u8>,
    pub(super) pass: Option<Pass>,
}

impl Parts {
    /// The stream on its way to another worker, with what it has brought and nobody has taken.
    pub(super) fn into_new(self, first: Vec<u8>) -> NewStream {
        NewStream {
            client: self.client,
            socket: self.socket,
            tls: self.tls,
            first,
            waiting: self.waiting,
            pass: self.pass,
        }
    }
}

/// A client's stream.
#[derive(Debug)]
pub(super) struct Stream {
    client: ClientAddr,
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    /// Read, and not yet a whole message.
    unframed: Vec<u8>,
    outbox: Outbox,
    /// When the message that is not yet whole began to come.
    begun: Option<Millis>,
    /// When the last whole message came.
    heard: Millis,
    /// When it last took something, or had nothing to take.
    progress: Millis,
    /// Relayed addresses of the client: only with one may it be silent.
    pub(super) allocations: u8,
    /// Whether the worker waits until it can be written.
    pub(super) awaited: bool,
    pass: Option<Pass>,
}

impl Stream {
    /// The stream, before what was read of it already is [taken](Self::read_first).
    pub(super) fn new(now: Millis, new: NewStream) -> io::Result<Self> {
        new.socket.set_nonblocking(true)?;
        let mut tls = new.tls;
        if let Some(tls) = &mut tls {
            // It is given more only when it has written everything, so the bound is the outbox's.
            tls.set_buffer_limit(None);
        }
        Ok(Self {
            client: new.client,
            socket: new.socket,
            tls,
            unframed: new.first,
            outbox: Outbox::beginning(new.waiting),
            begun: None,
            heard: now,
            progress: now,
            allocations: 0,
            awaited: false,
            pass: new.pass,
        })
    }

    pub(super) const fn client(&self) -> ClientAddr {
        self.client
    }

    /// Takes the stream apart.
    pub(super) fn into_parts(self) -> Parts {
        Parts {
            client: self.client,
            socket: self.socket,
            tls: self.tls,
            waiting: self.outbox.into_bytes(),
            pass: self.pass,
        }
    }

    /// Puts what was read before the worker had the stream into `buffer`: its length.
    pub(super) fn read_first(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.put_unframed(buffer)?;
        let rest = buffer.get_mut(length..).unwrap_or_default();
        let more = self.tls.as_mut().map_or(Ok(0), |tls| decrypted(tls, rest));
        Ok(length + more?)
    }

    /// Reads once. What is in `buffer` then begins with a message: its length.
    ///
    /// # Errors
    /// `WouldBlock`: nothing has come. Anything else ends the stream.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.put_unframed(buffer)?;
        let room = buffer.get_mut(length..).unwrap_or_default();
        let more = match &mut self.tls {
            None => match (&self.socket).read(room)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                more => more,
            },
            Some(tls) => {
                let ended = tls.read_tls(&mut &self.socket)? == 0;
                tls.process_new_packets().map_err(io::Error::other)?;
                match decrypted(tls, room)? {
                    0 if ended => return Err(io::ErrorKind::UnexpectedEof.into()),
                    more => more,
                }
            }
        };
        self.unframed.clear();
        Ok(length + more)
    }

    /// Keeps what is left of the buffer once its messages are taken.
    pub(super) fn keep(&mut self, now: Millis, rest: &[u8], took_any: bool) {
        if took_any {
            self.heard = now;
        }
        self.unframed.clear();
        if rest.is_empty() {
            // An idle stream holds no buffer.
            self.unframed = Vec::new();
            self.begun = None;
        } else {
            let same = self.begun.filter(|_| !took_any);
            self.begun = same.or(Some(now));
            self.unframed.extend_from_slice(rest);
        }
    }

    /// Sends messages, queueing what the client does not take at once: how many of them, or of older ones, were dropped.
    ///
    /// # Errors
    /// The stream has ended, or has to be.
    pub(super) fn send(
        &mut self,
        now: Millis,
        frames: &[Frame<'_>],
        kind: Kind,
    ) -> io::Result<u64> {
        if self.is_busy() {
            return self.outbox.push(frames, 0, kind);
        }
        self.progress = now;
        match &mut self.tls {
            None => {
                let written = unblocked((&self.socket).write_vectored(frames.as_flattened()))?;
                self.outbox.push(frames, written, kind)
            }
            Some(tls) => {
                // A record each: some clients take a record for a message and lose what follows the first one in it.
                for frame in frames {
                    let taken = tls.writer().write_vectored(frame)?;
                    debug_assert_eq!(taken, length(frame), "there is no limit");
                }
                self.flush(now)?;
                Ok(0)
            }
        }
    }

    /// Writes what is waiting, as far as the client takes it.
    ///
    /// # Errors
    /// The stream has ended.
    pub(super) fn flush(&mut self, now: Millis) -> io::Result<()> {
        while self.is_busy() {
            let written = match &mut self.tls {
                None => {
                    let mut slices = [IoSlice::new(&[]); 64];
                    let count = self.outbox.next(&mut slices);
                    let slices = slices.get(..count).unwrap_or_default();
                    let written = unblocked((&self.socket).write_vectored(slices))?;
                    self.outbox.advance(written);
                    written
                }
                Some(tls) if tls.wants_write() => unblocked(tls.write_tls(&mut &self.socket))?,
                Some(tls) => {
                    encrypt_some(tls, &mut self.outbox)?;
                    continue;
                }
            };
            if written == 0 {
                return Ok(());
            }
            self.progress = now;
        }
        Ok(())
    }

    /// Whether something waits to be written.
    pub(super) fn is_busy(&self) -> bool {
        !self.outbox.is_empty() || self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Whether it does not read, has sent half a message, or only occupies a descriptor.
    pub(super) fn is_overdue(&self, now: Millis) -> bool {
        let stuck = self.is_busy() && now > self.progress.after(STUCK_MOST);
        let partial = self.begun.is_some_and(|at| now > at.after(STUCK_MOST));
        let idle = self.allocations == 0 && now > self.heard.after(IDLE_MOST);
        stuck || partial || idle
    }

    fn put_unframed(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let room = buffer.get_mut(..self.unframed.len());
        room.ok_or(io::ErrorKind::InvalidData)?
            .copy_from_slice(&self.unframed);
        Ok(self.unframed.len())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Everything that has been decrypted.
fn decrypted(tls: &mut ServerConnection, room: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    loop {
        let rest = room.get_mut(length..).unwrap_or_default();
        match tls.reader().read(rest) {
            Ok(0) => return Ok(length),
            Ok(more) => length += more,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(length),
            Err(error) => return Err(error),
        }
    }
}

/// Encrypts a few waiting messages, a record each, so that they share a system call.
fn encrypt_some(tls: &mut ServerConnection, outbox: &mut Outbox) -> io::Result<()> {
    let mut bytes = 0;
    while bytes < JOIN_MOST {
        let Some(message) = outbox.pop() else {
            return Ok(());
        };
        bytes += message.len();
        tls.writer().write_all(&message)?;
    }
    Ok(())
}

/// Nothing, if the client takes nothing at the moment.
fn unblocked(written: io::Result<usize>) -> io::Result<usize> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        Ok(0) => Ok(0),
        other => other,
    }
}

/// The streams of one worker, by a small number and by client.
#[derive(Debug, Default)]
pub(super) struct Streams {
    slots: Vec<Option<Stream>>,
    free: Vec<usize>,
    by_client: HashMap<ClientAddr, usize>,
}

impl Streams {
    /// Adds a stream: its number.
    pub(super) fn insert(&mut self, stream: Stream) -> usize {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.slots.len() - 1
        });
        self.by_client.insert(stream.client, slot);
        if let Some(place) = self.slots.get_mut(slot) {
            *place = Some(stream);
        }
        slot
    }

    /// Closes a client's stream: whether there was one.
    pub(super) fn remove(&mut self, client: ClientAddr) -> bool {
        self.take(client).is_some()
    }

    /// Takes a client's stream out.
    pub(super) fn take(&mut self, client: ClientAddr) -> Option<Stream> {
        let slot = self.by_client.remove(&client)?;
        self.free.push(slot);
        self.slots.get_mut(slot)?.take()
    }

    pub(super) fn find(&self, client: ClientAddr) -> Option<usize> {
        self.by_client.get(&client).copied()
    }

    pub(super) fn get(&self, slot: usize) -> Option<&Stream> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn get_mut(&mut self, slot: usize) -> Option<&mut Stream> {
        self.slots.get_mut(slot)?.as_mut()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.by_client.is_empty()
    }

    /// Clients whose streams have to be closed by now.
    pub(super) fn overdue(&self, now: Millis) -> Vec<ClientAddr> {
        let streams = self.slots.iter().flatten();
        streams
            .filter(|stream| stream.is_overdue(now))
            .map(Stream::client)
            .collect()
    }
}

/// Longer than the longest message and what TLS may have decrypted beyond it.
pub(super) const READ_BUFFER: usize = framing::LONGEST + (64 << 10);
/// How often [`Streams::overdue`] has to be asked.
pub(super) const CHECK_EVERY: Duration = Duration::from_secs(2);
const JOIN_MOST: usize = 16 << 10;
const STUCK_MOST: Duration = Duration::from_secs(7);
const IDLE_MOST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests;
