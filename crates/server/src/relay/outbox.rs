//! What a stream's client has still to be sent, bounded.

use std::collections::VecDeque;
use std::io::{self, IoSlice};

/// One message in three parts: head, payload, padding.
pub(super) type Frame<'a> = [IoSlice<'a>; 3];

/// What may happen to a message for which there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An answer: the client waits for it, so rather the stream ends.
    Answer,
    /// A peer's packet: the oldest goes first, since media is worth less with age.
    Media,
}

/// Messages that the client has not taken yet.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Message>,
    bytes: usize,
    /// Bytes of the first message that are on their way already; it cannot be dropped any more.
    begun: usize,
}

#[derive(Debug)]
struct Message {
    bytes: Box<[u8]>,
    kind: Kind,
}

impl Outbox {
    /// Begins with an answer, or nothing.
    pub(super) fn beginning(answer: Vec<u8>) -> Self {
        let mut outbox = Self::default();
        if !answer.is_empty() {
            outbox.bytes = answer.len();
            let (bytes, kind) = (answer.into(), Kind::Answer);
            outbox.queue.push_back(Message { bytes, kind });
        }
        outbox
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Queues what is left of `frames` after their first `written` bytes, dropping the oldest media if there is no room: how
    /// many messages.
    ///
    /// # Errors
    /// Answers alone fill the queue: the client asks and does not read.
    pub(super) fn push(
        &mut self,
        frames: &[Frame<'_>],
        mut written: usize,
        kind: Kind,
    ) -> io::Result<u64> {
        let mut dropped = 0;
        for frame in frames {
            let length = length(frame);
            if written >= length {
                written -= length;
                continue;
            }
            if written > 0 {
                self.begun = written;
                written = 0;
            }
            self.bytes += length;
            let bytes = join(frame);
            self.queue.push_back(Message { bytes, kind });
            dropped += self.shorten()?;
        }
        Ok(dropped)
    }

    fn shorten(&mut self) -> io::Result<u64> {
        let mut dropped = 0;
        while self.bytes > MOST {
            let first = usize::from(self.begun > 0);
            let mut queue = self.queue.iter().enumerate().skip(first);
            let oldest = queue.find(|(_, message)| message.kind == Kind::Media);
            let oldest = oldest.map(|(at, _)| at);
            let message = oldest.and_then(|at| self.queue.remove(at));
            self.bytes -= message.ok_or(io::ErrorKind::QuotaExceeded)?.bytes.len();
            dropped += 1;
        }
        Ok(dropped)
    }

    /// What is next to be written, in order.
    pub(super) fn next<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut begun = self.begun;
        let mut count = 0;
        for (slice, message) in slices.iter_mut().zip(&self.queue) {
            *slice = IoSlice::new(message.bytes.get(begun..).unwrap_or_default());
            begun = 0;
            count += 1;
        }
        count
    }

    /// Forgets what has been written.
    pub(super) fn advance(&mut self, written: usize) {
        self.begun += written;
        while let Some(first) = self.queue.front() {
            let length = first.bytes.len();
            if self.begun < length {
                return;
            }
            self.begun -= length;
            self.bytes -= length;
            self.queue.pop_front();
        }
    }

    /// Everything that is left, back to back.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        let messages = self.queue.into_iter();
        let all = messages.flat_map(|message| message.bytes.into_vec());
        all.skip(self.begun).collect()
    }

    /// Takes the first message out.
    pub(super) fn pop(&mut self) -> Option<Box<[u8]>> {
        let message = self.queue.pop_front()?;
        self.bytes -= message.bytes.len();
        Some(message.bytes)
    }
}

/// Bytes of a message.
pub(super) fn length(frame: &Frame<'_>) -> usize {
    frame.iter().map(|part| part.len()).sum()
}

fn join(frame: &Frame<'_>) -> Box<[u8]> {
    let [head, payload, padding] = frame;
    [&head[..], payload, padding].concat().into()
}

/// Bytes a slow client may have waiting: about half a second of good video.
const MOST: usize = 192 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_media_goes_first_and_answers_stay() {
        let mut outbox = Outbox::default();
        push(&mut outbox, 0, 0, Kind::Answer).unwrap();
        let dropped: u64 = (1..=200)
            .map(|n| push(&mut outbox, n, 0, Kind::Media).unwrap())
            .sum();
        assert!(outbox.bytes <= MOST);
        let first: Vec<u8> = outbox.queue.iter().map(|m| m.bytes[0]).collect();
        assert_eq!((first[0], *first.last().unwrap()), (0, 200));
        assert_eq!(u64::from(first[1]), dropped + 1);
    }

    #[test]
    fn a_message_that_is_on_its_way_is_not_dropped() {
        let mut outbox = Outbox::default();
        push(&mut outbox, 1, 10, Kind::Media).unwrap();
        for n in 2..=200 {
            push(&mut outbox, n, 0, Kind::Media).unwrap();
        }
        let mut slices = [IoSlice::new(&[]); 2];
        assert_eq!(outbox.next(&mut slices), 2);
        assert_eq!((slices[0].len(), slices[0][0]), (SIZE - 10, 1));
        outbox.advance(SIZE - 10 + 1);
        let mut slices = [IoSlice::new(&[])];
        outbox.next(&mut slices);
        assert_eq!(slices[0].len(), SIZE - 1);
    }

    #[test]
    fn a_client_that_asks_and_does_not_read_is_given_up() {
        let mut outbox = Outbox::default();
        let failed = (0..=200).find_map(|n| push(&mut outbox, n, 0, Kind::Answer).err());
        assert_eq!(failed.unwrap().kind(), io::ErrorKind::QuotaExceeded);
    }

    #[test]
    fn what_was_written_of_several_messages_is_not_queued() {
        let mut outbox = Outbox::default();
        let bytes = [7; 10];
        let frame = [
            IoSlice::new(&bytes),
            IoSlice::new(&bytes),
            IoSlice::new(&[]),
        ];
        outbox.push(&[frame; 3], 25, Kind::Media).unwrap();
        assert_eq!((outbox.queue.len(), outbox.begun), (2, 5));
        outbox.advance(35);
        assert!(outbox.is_empty());
    }

    const SIZE: usize = 1500;

    fn push(outbox: &mut Outbox, n: u8, written: usize, kind: Kind) -> io::Result<u64> {
        let bytes = [n; SIZE];
        let frame = [IoSlice::new(&bytes), IoSlice::new(&[]), IoSlice::new(&[])];
        outbox.push(&[frame], written, kind)
    }
}
