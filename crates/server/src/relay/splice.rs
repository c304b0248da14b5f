//! Two streams joined: what comes on one leaves on the other, both ways, and the end of one way is passed on like anything
//! else (RFC 6062 section 5.4).

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use rustls::ServerConnection;

/// A stream of bytes, encrypted or not, that never blocks.
#[derive(Debug)]
pub(super) struct End {
    socket: TcpStream,
    tls: Option<Box<ServerConnection>>,
    /// Whether TLS has been told that nothing follows.
    said_goodbye: bool,
}

/// A client's stream and a peer's.
#[derive(Debug)]
pub(super) struct Splice {
    client: End,
    peer: End,
    to_peer: Way,
    to_client: Way,
}

/// What one turn has moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moved {
    pub(super) to_peer: usize,
    pub(super) to_client: usize,
    /// Whether more is there already.
    pub(super) more: bool,
    /// Whether both ways have ended.
    pub(super) done: bool,
}

/// One of the two ways. Bounded: nothing is read while something waits to be written.
#[derive(Debug, Default)]
struct Way {
    waiting: Vec<u8>,
    written: usize,
    /// The source has ended.
    ended: bool,
    /// The destination knows.
    told: bool,
}

impl Splice {
    /// Joins two streams. `to_peer` and `to_client` are what comes before anything else.
    pub(super) fn new(client: End, peer: End, to_peer: Vec<u8>, to_client: Vec<u8>) -> Self {
        Self {
            client,
            peer,
            to_peer: Way::beginning(to_peer),
            to_client: Way::beginning(to_client),
        }
    }

    /// Moves what can be moved without waiting, up to a bound. `room` is what is read into. Waiting edge-triggered for both
    /// streams to become readable or writable, call it at every event.
    ///
    /// # Errors
    /// Either stream has failed: close both.
    pub(super) fn pump(&mut self, room: &mut [u8]) -> io::Result<Moved> {
        let mut moved = Moved::default();
        for _ in 0..ROUNDS {
            let up = self.to_peer.turn(&mut self.client, &mut self.peer, room)?;
            let down = self
                .to_client
                .turn(&mut self.peer, &mut self.client, room)?;
            moved.to_peer += up;
            moved.to_client += down;
            moved.more = up + down > 0;
            if !moved.more {
                break;
            }
        }
        moved.done = self.to_peer.told && self.to_client.told;
        Ok(moved)
    }
}

impl Way {
    fn beginning(waiting: Vec<u8>) -> Self {
        Self {
            waiting,
            ..Self::default()
        }
    }

    /// One read, if nothing waits, and the writing of it: how many bytes the destination has taken.
    fn turn(&mut self, from: &mut End, to: &mut End, room: &mut [u8]) -> io::Result<usize> {
        if self.told || !or_later(to.flush())? {
            return Ok(0);
        }
        if !self.waiting.is_empty() {
            return self.write_waiting(to);
        }
        if self.ended {
            self.told = or_later(to.finish())?;
            return Ok(0);
        }
        match from.read(room) {
            Ok(0) => {
                self.ended = true;
                self.told = or_later(to.finish())?;
                Ok(0)
            }
            Ok(length) => self.write_new(to, room.get(..length).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error),
        }
    }

    fn write_new(&mut self, to: &mut End, bytes: &[u8]) -> io::Result<usize> {
        let written = to.write(bytes)?;
        let rest = bytes.get(written..).unwrap_or_default();
        self.waiting.extend_from_slice(rest);
        // What was read has moved, be it only to where it waits: the turn was not in vain.
        Ok(bytes.len() - rest.len())
    }

    fn write_waiting(&mut self, to: &mut End) -> io::Result<usize> {
        let rest = self.waiting.get(self.written..).unwrap_or_default();
        let written = to.write(rest)?;
        self.written += written;
        if self.written == self.waiting.len() {
            // An idle way holds no buffer.
            (self.waiting, self.written) = (Vec::new(), 0);
        }
        Ok(written)
    }
}

impl End {
    /// An end that is not encrypted, or is with the handshake done. The socket must not block.
    pub(super) const fn new(socket: TcpStream, tls: Option<Box<ServerConnection>>) -> Self {
        Self {
            socket,
            tls,
            said_goodbye: false,
        }
    }

    /// Reads once; 0 is the end.
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return (&self.socket).read(room);
        };
        loop {
            match tls.reader().read(room) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Closed without a word: as the end of a TCP stream without TLS is.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                read => return read,
            }
            tls.read_tls(&mut &self.socket)?;
            tls.process_new_packets().map_err(io::Error::other)?;
        }
    }

    /// Writes once: how many bytes are taken, perhaps none.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else {
            return match (&self.socket).write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
                written => written,
            };
        };
        // All is taken, since there is no limit, and nothing more before it is written.
        let taken = tls.writer().write(bytes)?;
        or_later(self.flush())?;
        Ok(taken)
    }

    /// Writes what TLS has to write.
    fn flush(&mut self) -> io::Result<()> {
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            tls.write_tls(&mut &self.socket)?;
        }
        Ok(())
    }

    /// Tells the other side that nothing follows.
    fn finish(&mut self) -> io::Result<()> {
        if let Some(tls) = self.tls.as_mut().filter(|_| !self.said_goodbye) {
            tls.send_close_notify();
            self.said_goodbye = true;
        }
        self.flush()?;
        match self.socket.shutdown(Shutdown::Write) {
            // It has gone altogether.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            done => done,
        }
    }
}

/// False if it has to be done once more when there is room.
fn or_later(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error),
    }
}

/// Reads of each stream before others have their turn.
const ROUNDS: usize = 8;

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn bytes_pass_both_ways_and_what_came_before_comes_first() {
        let (mut joined, mut client, mut peer) = joined(b"early", b"answer");
        client.write_all(b" and late").unwrap();
        peer.write_all(b" and data").unwrap();
        pump_until(&mut joined, |sum| sum.to_peer == 14 && sum.to_client == 15);
        assert_eq!(read(&mut peer, 14), b"early and late");
        assert_eq!(read(&mut client, 15), b"answer and data");
    }

    #[test]
    fn the_end_of_one_way_leaves_the_other_open() {
        let (mut joined, mut client, mut peer) = joined(b"", b"");
        client.write_all(b"ask").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        pump_until(&mut joined, |sum| sum.to_peer == 3);
        assert_eq!(read(&mut peer, 3), b"ask");
        assert!(!joined.pump(&mut [0; 64]).unwrap().done);
        assert_eq!(peer.read(&mut [0]).unwrap(), 0);
        peer.write_all(b"answer").unwrap();
        drop(peer);
        pump_until(&mut joined, |sum| sum.done);
        assert_eq!(read(&mut client, 6), b"answer");
        assert_eq!(client.read(&mut [0]).unwrap(), 0);
    }

    #[test]
    fn what_is_not_taken_holds_the_other_side_back() {
        let (mut joined, mut client, mut peer) = joined(b"", b"");
        client.set_nonblocking(true).unwrap();
        let mut sent = 0;
        let chunk = [7; 64 << 10];
        let mut refused = 0;
        while refused < 3 {
            match client.write(&chunk) {
                Ok(length) => (sent, refused) = (sent + length, 0),
                Err(_) => refused += 1,
            }
            joined.pump(&mut [0; 64 << 10]).unwrap();
        }
        assert!(joined.to_peer.waiting.len() <= 64 << 10);
        let mut received = 0;
        let mut buffer = [0; 64 << 10];
        peer.set_nonblocking(true).unwrap();
        while received < sent {
            joined.pump(&mut [0; 64 << 10]).unwrap();
            received += peer.read(&mut buffer).unwrap_or(0);
        }
        assert!(joined.to_peer.waiting.is_empty());
    }

    /// A splice, and the far ends of its two streams.
    fn joined(to_peer: &[u8], to_client: &[u8]) -> (Splice, TcpStream, TcpStream) {
        let [(client, far_client), (peer, far_peer)] = [pair(), pair()];
        let ends = [client, peer].map(|socket| {
            socket.set_nonblocking(true).unwrap();
            End::new(socket, None)
        });
        let [client, peer] = ends;
        let splice = Splice::new(client, peer, to_peer.to_vec(), to_client.to_vec());
        (splice, far_client, far_peer)
    }

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    fn pump_until(splice: &mut Splice, enough: impl Fn(Moved) -> bool) {
        let mut sum = Moved::default();
        while !enough(sum) {
            let moved = splice.pump(&mut [0; 4096]).unwrap();
            sum.to_peer += moved.to_peer;
            sum.to_client += moved.to_client;
            sum.done = moved.done;
        }
    }

    fn read(from: &mut TcpStream, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes).unwrap();
        bytes
    }
}
