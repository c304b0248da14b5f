//! Messages for peers that are not there (yet).

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use magpie_hub::Millis;

use super::Limits;
use crate::random::{Map, Random};
use crate::timers::Timers;

/// All messages that wait, by destination.
#[derive(Debug)]
pub(super) struct Waiting {
    limits: Limits,
    lines: Map<Arc<str>, Line>,
    /// What each client address has waiting, so that one cannot take everybody's room.
    accounts: Map<IpAddr, Amount>,
    all: Amount,
    timers: Timers<(Arc<str>, Arc<str>)>,
}

/// What waits for one destination, in the order it came.
#[derive(Debug, Default)]
struct Line {
    pairs: Vec<Pair>,
    messages: VecDeque<(Arc<str>, Bytes)>,
    bytes: usize,
}

/// A source of which something waits for the line's destination, or did.
#[derive(Debug)]
struct Pair {
    src: Arc<str>,
    /// Who pays for it.
    account: IpAddr,
    until: Millis,
    /// Bytes of it that wait.
    bytes: usize,
    /// Its source was told already: what still comes of the same attempt is dropped without another word.
    given_up: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Amount {
    pairs: usize,
    bytes: usize,
}

/// What became of a message for an absent peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// It waits, or belongs to an attempt that was given up.
    Quietly,
    /// There is no room for it: its source is to be told.
    Refused,
}

/// A message that is to wait.
pub(super) struct Late<'a> {
    pub(super) src: &'a Arc<str>,
    pub(super) account: IpAddr,
    pub(super) dst: &'a str,
    /// It begins an attempt, so an earlier one that was given up does not count.
    pub(super) begins: bool,
    pub(super) message: Bytes,
}

impl Waiting {
    pub(super) fn new(limits: Limits, random: &mut Random) -> Self {
        Self {
            limits,
            lines: random.map(),
            accounts: random.map(),
            all: Amount::default(),
            timers: Timers::default(),
        }
    }

    /// Keeps a message until its destination comes, or time is up for its pair.
    pub(super) fn hold(&mut self, now: Millis, late: Late<'_>) -> Held {
        let size = late.message.len();
        let line = self.lines.get(late.dst);
        let known = line.and_then(|line| line.pairs.iter().position(|pair| pair.src == *late.src));
        if let (Some(line), Some(at)) = (line, known)
            && line.pairs.get(at).is_some_and(|pair| pair.given_up)
        {
            if !late.begins {
                return Held::Quietly;
            }
            self.forget(late.dst, at);
            return self.hold(now, late);
        }
        if !self.has_room(&late, size, known.is_none()) {
            // What waits of the pair already will have it told.
            return match known {
                Some(_) => Held::Quietly,
                None => Held::Refused,
            };
        }
        self.keep(now, late, size, known);
        Held::Quietly
    }

    /// Everything that waits for a peer that has come, in order.
    pub(super) fn take(&mut self, dst: &str) -> VecDeque<(Arc<str>, Bytes)> {
        let Some((dst, line)) = self.lines.remove_entry(dst) else {
            return VecDeque::new();
        };
        for pair in line.pairs {
            self.timers
                .remove(pair.until, (Arc::clone(&dst), Arc::clone(&pair.src)));
            self.refund(&pair);
        }
        line.messages
    }

    /// The next pair whose time is up: source and destination.
    pub(super) fn expired(&mut self, now: Millis) -> Option<(Arc<str>, Arc<str>)> {
        while let Some((dst, src)) = self.timers.pop(now) {
            let Some(line) = self.lines.get_mut(&dst) else {
                continue;
            };
            let Some(at) = line.pairs.iter().position(|pair| pair.src == src) else {
                continue;
            };
            let Some(pair) = line.pairs.get_mut(at) else {
                continue;
            };
            if pair.given_up {
                self.forget(&dst, at);
                continue;
            }
            pair.given_up = true;
            pair.until = now.after(self.limits.given_up);
            let freed = std::mem::take(&mut pair.bytes);
            let account = pair.account;
            line.bytes = line.bytes.saturating_sub(freed);
            line.messages.retain(|(from, _)| *from != src);
            self.timers
                .add(pair.until, (Arc::clone(&dst), Arc::clone(&src)));
            self.spend(account, Amount { pairs: 0, bytes: 0 }, freed);
            return Some((src, dst));
        }
        None
    }

    pub(super) fn poll_timeout(&self) -> Option<Millis> {
        self.timers.first()
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.accounts.is_empty() && self.all.bytes == 0
    }

    fn has_room(&self, late: &Late<'_>, size: usize, new_pair: bool) -> bool {
        let limits = &self.limits;
        let pairs = usize::from(new_pair);
        let fits = |amount: Amount, most_pairs: usize, most_bytes: usize| {
            amount.pairs.saturating_add(pairs) <= most_pairs
                && amount.bytes.saturating_add(size) <= most_bytes
        };
        let account = self
            .accounts
            .get(&late.account)
            .copied()
            .unwrap_or_default();
        let line = self.lines.get(late.dst);
        let (messages, of_line) = line.map_or((0, Amount::default()), |line| {
            let amount = Amount {
                pairs: line.pairs.len(),
                bytes: line.bytes,
            };
            (line.messages.len(), amount)
        });
        messages < limits.waiting_messages
            && fits(of_line, limits.waiting_messages, limits.waiting_bytes)
            && fits(account, limits.account_pairs, limits.account_bytes)
            && fits(self.all, limits.all_pairs, limits.all_bytes)
    }

    fn keep(&mut self, now: Millis, late: Late<'_>, size: usize, known: Option<usize>) {
        let dst: Arc<str> = match self.lines.get_key_value(late.dst) {
            Some((dst, _)) => Arc::clone(dst),
            None => late.dst.into(),
        };
        let line = self.lines.entry(Arc::clone(&dst)).or_default();
        line.bytes = line.bytes.saturating_add(size);
        line.messages
            .push_back((Arc::clone(late.src), late.message));
        let mut new = Amount {
            pairs: 0,
            bytes: size,
        };
        match known.and_then(|at| line.pairs.get_mut(at)) {
            Some(pair) => pair.bytes = pair.bytes.saturating_add(size),
            None => {
                new.pairs = 1;
                let until = now.after(self.limits.wait);
                line.pairs.push(Pair {
                    src: Arc::clone(late.src),
                    account: late.account,
                    until,
                    bytes: size,
                    given_up: false,
                });
                self.timers.add(until, (dst, Arc::clone(late.src)));
            }
        }
        self.spend(late.account, new, 0);
    }

    /// Removes a pair that was given up, of which nothing waits.
    fn forget(&mut self, dst: &str, at: usize) {
        let Some((dst, line)) = self.lines.get_key_value(dst) else {
            return;
        };
        let dst = Arc::clone(dst);
        if at >= line.pairs.len() {
            return;
        }
        if let Some(line) = self.lines.get_mut(&dst) {
            let pair = line.pairs.swap_remove(at);
            if line.pairs.is_empty() {
                self.lines.remove(&dst);
            }
            self.timers.remove(pair.until, (dst, Arc::clone(&pair.src)));
            self.refund(&pair);
        }
    }

    fn refund(&mut self, pair: &Pair) {
        let account = self.accounts.entry(pair.account).or_default();
        for amount in [account, &mut self.all] {
            amount.pairs = amount.pairs.saturating_sub(1);
            amount.bytes = amount.bytes.saturating_sub(pair.bytes);
        }
        if self
            .accounts
            .get(&pair.account)
            .is_some_and(|account| account.pairs == 0)
        {
            self.accounts.remove(&pair.account);
        }
    }

    fn spend(&mut self, account: IpAddr, more: Amount, freed: usize) {
        let account = self.accounts.entry(account).or_default();
        for amount in [account, &mut self.all] {
            amount.pairs = amount.pairs.saturating_add(more.pairs);
            amount.bytes = amount
                .bytes
                .saturating_add(more.bytes)
                .saturating_sub(freed);
        }
    }
}
