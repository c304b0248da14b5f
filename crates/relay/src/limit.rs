//! Rates: of answers to an address that has not proven itself, and of bits through an allocation.

use std::hash::BuildHasher;
use std::net::IpAddr;

use crate::address::Millis;
use crate::hash::Seeded;

/// How many answers an address that has not proven itself gets: it might be the victim of somebody who forges it.
///
/// An unauthenticated packet may leave no state behind, so this is a table of fixed size; addresses that share a bucket
/// share its rate.
#[derive(Debug)]
pub(crate) struct RateLimit {
    buckets: Box<[Bucket]>,
    hasher: Seeded,
    /// Answers per second.
    rate: u64,
    /// Answers at once.
    burst: u64,
}

/// What is used up of a rate; it comes back as time passes. In thousandths of a unit, so that a rate per second is one per
/// millisecond.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    used: u64,
    at: Millis,
}

impl Bucket {
    pub(crate) const fn new() -> Self {
        Self {
            used: 0,
            at: Millis(0),
        }
    }

    /// Takes `units` if the rate (units per second) and the burst (units at once) leave room.
    pub(crate) fn take(&mut self, now: Millis, units: u64, rate: u64, burst: u64) -> bool {
        let elapsed = now.0.saturating_sub(self.at.0);
        self.used = self.used.saturating_sub(elapsed.saturating_mul(rate));
        self.at = now;
        let used = self.used.saturating_add(units.saturating_mul(ONE));
        let fits = used <= burst.saturating_mul(ONE);
        if fits {
            self.used = used;
        }
        fits
    }

    /// Takes `units` whether or not there is room: milliseconds until there is, 0 if there was.
    pub(crate) fn overdraw(&mut self, now: Millis, units: u64, rate: u64, burst: u64) -> u64 {
        self.take(now, units, rate, u64::MAX);
        let over = self.used.saturating_sub(burst.saturating_mul(ONE));
        over.div_ceil(rate.max(1))
    }

    fn give_back(&mut self, units: u64) {
        self.used = self.used.saturating_sub(units.saturating_mul(ONE));
    }
}

impl RateLimit {
    pub(crate) fn new(hasher: Seeded, per_second: u32, burst: u32) -> Self {
        Self {
            buckets: vec![Bucket::default(); BUCKETS].into(),
            hasher,
            rate: per_second.into(),
            burst: burst.into(),
        }
    }

    /// Takes one answer for `address`, if it has any left.
    pub(crate) fn take(&mut self, now: Millis, address: IpAddr) -> bool {
        let (rate, burst) = (self.rate, self.burst);
        self.bucket(address).take(now, 1, rate, burst)
    }

    /// Gives `address` back what it used to get here: it has authenticated, so it is who it says.
    pub(crate) fn credit(&mut self, address: IpAddr) {
        self.bucket(address).give_back(2);
    }

    fn bucket(&mut self, address: IpAddr) -> &mut Bucket {
        let hash = self.hasher.hash_one(block(address)) as usize;
        let at = hash & BUCKETS.wrapping_sub(1);
        self.buckets
            .get_mut(at)
            .unwrap_or_else(|| unreachable!("the index is masked to the table's length"))
    }
}

/// The address as one subscriber has it: an IPv6 host may use any address of its /64.
pub(crate) fn block(address: IpAddr) -> u64 {
    match address {
        IpAddr::V4(ip) => u64::from(ip.to_bits()),
        IpAddr::V6(ip) => (ip.to_bits() >> 64) as u64 | 1 << 63,
    }
}

const BUCKETS: usize = 4096;
const ONE: u64 = 1000;
