//! When a worker has something to do although nothing comes.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use magpie_relay::Millis;
use nix::sys::time::TimeSpec;
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

/// A timer of its own, rather than a limit to each wait: most deadlines are minutes away, and setting a limit and lifting it
/// again costs more than a packet's look-ups.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: TimerFd,
    /// When it rings.
    at: Option<Millis>,
}

impl Alarm {
    /// # Errors
    /// The system refuses a descriptor.
    pub(super) fn new() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, flags)?;
        Ok(Self { timer, at: None })
    }

    /// Rings at `due` or, for something that has been put off meanwhile, before.
    ///
    /// # Errors
    /// The system refuses.
    pub(super) fn set(&mut self, now: Millis, due: Millis) -> io::Result<()> {
        if self.at.is_some_and(|at| at <= due) {
            return Ok(());
        }
        // One more, since a timer may ring a fraction of a millisecond early.
        let wait = due.0.saturating_sub(now.0).saturating_add(1);
        let wait = TimeSpec::from_duration(Duration::from_millis(wait.min(LONGEST)));
        self.timer
            .set(Expiration::OneShot(wait), TimerSetTimeFlags::empty())?;
        self.at = Some(due);
        Ok(())
    }

    /// It has rung.
    pub(super) const fn rang(&mut self) {
        self.at = None;
    }
}

impl AsFd for Alarm {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.timer.as_fd()
    }
}

/// Milliseconds: what is due later is asked for again then.
const LONGEST: u64 = 60_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_later_than_it_rings_does_not_set_it() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Millis(0), Millis(20_000)).unwrap();
        alarm.set(Millis(0), Millis(30_000)).unwrap();
        assert!(left(&alarm) <= Duration::from_millis(20_001));
    }

    #[test]
    fn what_is_due_sooner_sets_it() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Millis(0), Millis(20_000)).unwrap();
        alarm.set(Millis(0), Millis(10_000)).unwrap();
        assert!(left(&alarm) <= Duration::from_millis(10_001));
    }

    #[test]
    fn it_is_set_anew_after_it_rang() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Millis(0), Millis(10_000)).unwrap();
        alarm.rang();
        alarm.set(Millis(0), Millis(20_000)).unwrap();
        assert!(left(&alarm) > Duration::from_millis(15_000));
    }

    #[test]
    fn what_was_due_before_now_rings_at_once() {
        let mut alarm = Alarm::new().unwrap();
        alarm.set(Millis(9_000), Millis(5)).unwrap();
        assert!(left(&alarm) <= Duration::from_millis(1));
    }

    /// How long it is until it rings.
    fn left(alarm: &Alarm) -> Duration {
        match alarm.timer.get().unwrap() {
            Some(Expiration::OneShot(wait)) => wait.into(),
            _ => Duration::ZERO,
        }
    }
}
