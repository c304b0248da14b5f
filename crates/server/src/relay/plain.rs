//! Destinations that packets cannot be sent to as segments of one: the interface lacks what it takes, or they are too long.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use magpie_relay::Millis;
use nix::libc;

/// Remembers for a while what has been refused.
#[derive(Debug, Default)]
pub(super) struct Plain {
    refused: HashMap<IpAddr, Refused>,
}

#[derive(Clone, Copy, Debug)]
struct Refused {
    /// The shortest segment that was.
    size: usize,
    until: Millis,
}

impl Plain {
    /// Sends `parts`, each a packet of `size` bytes but the last, with `send`: all at once with their size, or one by one
    /// without. How many packets could not be sent.
    pub(super) fn send<T>(
        &mut self,
        now: Millis,
        to: SocketAddr,
        size: usize,
        parts: &[T],
        mut send: impl FnMut(&[T], Option<u16>) -> io::Result<()>,
    ) -> u64 {
        let segment = u16::try_from(size).ok();
        if segment.is_some() && !self.holds(now, to.ip(), size) {
            match send(parts, segment) {
                Ok(()) => return 0,
                Err(error) if is_refusal(&error) => {}
                Err(_) => return parts.len() as u64,
            }
            let lost = one_by_one(parts, send);
            // If none got through either, the segments were not the reason.
            if lost < parts.len() as u64 {
                self.insert(now, to.ip(), size);
            }
            return lost;
        }
        one_by_one(parts, send)
    }

    fn holds(&self, now: Millis, ip: IpAddr, size: usize) -> bool {
        // Nearly always empty.
        !self.refused.is_empty()
            && self
                .refused
                .get(&ip)
                .is_some_and(|refused| size >= refused.size && now < refused.until)
    }

    fn insert(&mut self, now: Millis, ip: IpAddr, size: usize) {
        if self.refused.len() >= MOST {
            self.refused.clear();
        }
        let until = now.after(WHILE);
        let refused = self.refused.entry(ip).or_insert(Refused { size, until });
        *refused = match now < refused.until {
            true => Refused {
                size: size.min(refused.size),
                until,
            },
            false => Refused { size, until },
        };
    }
}

fn one_by_one<T>(parts: &[T], mut send: impl FnMut(&[T], Option<u16>) -> io::Result<()>) -> u64 {
    let each = parts.chunks(1).map(|part| send(part, None));
    each.filter(Result::is_err).count() as u64
}

/// What Linux says when it cannot cut packets for an interface (EIO), or when they are too long for it.
fn is_refusal(error: &io::Error) -> bool {
    let refusals = [libc::EIO, libc::EINVAL, libc::EMSGSIZE];
    error
        .raw_os_error()
        .is_some_and(|code| refusals.contains(&code))
}

/// A route or an interface may change.
const WHILE: Duration = Duration::from_secs(30);
const MOST: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_remembered_for_its_size_and_for_a_while() {
        let mut plain = Plain::default();
        let mut now = Millis(0);
        let mut calls = |now, size| {
            let mut segments = Vec::new();
            let lost = plain.send(now, to(), size, &[(); 3], |parts, segment| {
                segments.push((parts.len(), segment.is_some()));
                match segment {
                    Some(1200..) => Err(io::Error::from_raw_os_error(libc::EIO)),
                    _ => Ok(()),
                }
            });
            assert_eq!(lost, 0);
            segments
        };
        let apart = [(1, false); 3];
        assert_eq!(calls(now, 1200)[1..], apart);
        assert_eq!(calls(now, 1300), apart);
        assert_eq!(calls(now, 1000), [(3, true)]);
        now = now.after(WHILE);
        assert_eq!(calls(now, 1200)[0], (3, true));
    }

    #[test]
    fn a_destination_that_takes_nothing_is_not_remembered() {
        let mut plain = Plain::default();
        let lost = plain.send(Millis(0), to(), 100, &[(); 3], |_, _| {
            Err(io::Error::from_raw_os_error(libc::EINVAL))
        });
        assert_eq!((lost, plain.refused.len()), (3, 0));
    }

    #[test]
    fn a_full_buffer_loses_all_and_is_no_refusal() {
        let mut plain = Plain::default();
        let mut calls = 0;
        let lost = plain.send(Millis(0), to(), 100, &[(); 3], |_, _| {
            calls += 1;
            Err(io::ErrorKind::WouldBlock.into())
        });
        assert_eq!((lost, calls), (3, 1));
    }

    fn to() -> SocketAddr {
        "192.0.2.1:7000".parse().unwrap()
    }
}
