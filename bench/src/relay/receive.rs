//! The receiving side: one thread with its sockets, which counts what really arrived.

use std::{
    io::{self, ErrorKind},
    net::UdpSocket,
    os::fd::{AsFd, BorrowedFd},
    thread::Thread,
};

use nix::{
    errno::Errno,
    sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags},
};

use super::{
    link::{Link, prepare, receive_datagrams},
    progress::{Progress, Received},
    sequence::{self, Run, Sequence},
};

/// Where packets come out.
#[derive(Debug)]
pub(super) enum Exit {
    /// A client gets them on its channel.
    Client(Link),
    /// A peer gets them bare.
    Peer(UdpSocket),
}

impl Exit {
    fn prepare(&self) -> io::Result<()> {
        match self {
            Self::Client(link) => link.listen(),
            Self::Peer(socket) => prepare(socket),
        }
    }

    /// Takes what one system call gives and passes on the payload of each packet.
    fn receive(&mut self, buffer: &mut [u8], mut each: impl FnMut(&[u8])) -> io::Result<()> {
        match self {
            Self::Client(link) => link.receive(buffer, |message| each(payload(message))),
            Self::Peer(socket) => receive_datagrams(socket, buffer, each),
        }
    }
}

impl AsFd for Exit {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Client(link) => link.as_fd(),
            Self::Peer(socket) => socket.as_fd(),
        }
    }
}

/// One thread's sockets.
#[derive(Debug)]
pub(super) struct Receiver {
    exits: Vec<Exit>,
    epoll: Epoll,
    run: Run,
    sequences: Vec<Sequence>,
    counts: Received,
}

impl Receiver {
    /// Gets ready to receive packets of any of so many flows.
    pub(super) fn new(exits: Vec<Exit>, run: Run, flows: usize) -> io::Result<Self> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        for (at, exit) in exits.iter().enumerate() {
            exit.prepare()?;
            epoll.add(exit, EpollEvent::new(EpollFlags::EPOLLIN, at as u64))?;
        }
        Ok(Self {
            exits,
            epoll,
            run,
            sequences: vec![Sequence::default(); flows],
            counts: Received::default(),
        })
    }

    /// Receives until told that nothing will come any more, and wakes the senders whenever something came.
    pub(super) fn run(mut self, progress: &Progress, senders: &[Thread]) -> io::Result<Received> {
        let mut buffer = vec![0; 65_536];
        let mut events = [EpollEvent::empty(); 64];
        while !progress.over() {
            let ready = match self.epoll.wait(&mut events, WAIT_MS) {
                Err(Errno::EINTR) => 0,
                ready => ready?,
            };
            for event in &events[..ready] {
                self.drain(event.data() as usize, &mut buffer, progress)?;
            }
            senders.iter().for_each(Thread::unpark);
        }
        Ok(self.counts)
    }

    fn drain(&mut self, at: usize, buffer: &mut [u8], progress: &Progress) -> io::Result<()> {
        let Self {
            exits,
            run,
            sequences,
            counts,
            ..
        } = self;
        for _ in 0..BATCH {
            let received = exits[at].receive(buffer, |payload| {
                let found = sequence::read(payload, *run);
                match found.filter(|(flow, number)| {
                    sequences.get_mut(*flow).is_some_and(|s| s.is_new(*number))
                }) {
                    Some((flow, _)) => {
                        counts.packets += 1;
                        progress.arrive(flow);
                    }
                    None => counts.strays += 1,
                }
            });
            match received {
                Ok(()) => counts.calls += 1,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What ChannelData carries; the rest of a message is padding.
fn payload(message: &[u8]) -> &[u8] {
    let Some((&[_, _, high, low], rest)) = message.split_first_chunk::<4>() else {
        return &[];
    };
    let length = usize::from(u16::from_be_bytes([high, low]));
    rest.get(..length).unwrap_or_default()
}

const WAIT_MS: u8 = 20;
/// Calls on one socket before the others have their turn.
const BATCH: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_payload_of_channel_data_is_without_head_and_padding() {
        assert_eq!(payload(&[0x40, 0, 0, 2, 7, 8, 0, 0]), [7, 8]);
        assert!(payload(&[0x40, 0, 0, 9, 7, 8]).is_empty());
        assert!(payload(&[0x40]).is_empty());
    }
}
