//! How many answers an address that has not proven itself gets: it might be the victim of somebody who forges it.
//!
//! An unauthenticated packet may leave no state behind, so this is a table of fixed size; addresses that share a bucket
//! share its rate.

use std::hash::BuildHasher;
use std::net::IpAddr;

use crate::address::Millis;
use crate::hash::Seeded;

/// Token buckets by address.
#[derive(Debug)]
pub(crate) struct RateLimit {
    buckets: Box<[Bucket]>,
    hasher: Seeded,
    /// Thousandths of an answer regained per millisecond, that is answers per second.
    rate: u64,
    /// Thousandths of an answer.
    burst: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bucket {
    used: u64,
    at: Millis,
}

impl RateLimit {
    pub(crate) fn new(hasher: Seeded, per_second: u32, burst: u32) -> Self {
        Self {
            buckets: vec![Bucket::default(); BUCKETS].into(),
            hasher,
            rate: per_second.into(),
            burst: u64::from(burst).saturating_mul(ONE),
        }
    }

    /// Takes one answer for `address`, if it has any left.
    pub(crate) fn take(&mut self, now: Millis, address: IpAddr) -> bool {
        let (rate, burst) = (self.rate, self.burst);
        let bucket = self.bucket(address);
        let elapsed = now.0.saturating_sub(bucket.at.0);
        bucket.used = bucket.used.saturating_sub(elapsed.saturating_mul(rate));
        bucket.at = now;
        let used = bucket.used.saturating_add(ONE);
        if used <= burst {
            bucket.used = used;
        }
        used <= burst
    }

    /// Gives `address` back what it used to get here: it has authenticated, so it is who it says.
    pub(crate) fn credit(&mut self, address: IpAddr) {
        let bucket = self.bucket(address);
        bucket.used = bucket.used.saturating_sub(ONE.saturating_mul(2));
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
