//! Token buckets, eight bytes each.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::limits::Rate;
use crate::time::Millis;

/// A token bucket as one moment: the one at which it will be full again (the "generic cell rate algorithm").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bucket {
    full_at: Millis,
}

impl Bucket {
    /// Takes one token, or says in how many milliseconds there will be one.
    pub(crate) fn take(&mut self, now: Millis, rate: Rate) -> Result<(), u64> {
        if rate.every_ms == 0 {
            return Ok(());
        }
        let every = u64::from(rate.every_ms);
        let room = u64::from(rate.burst.max(1)).saturating_mul(every);
        let full_at = self.full_at.max(now).after(every);
        let over = full_at.since(now).saturating_sub(room);
        if over > 0 {
            return Err(over);
        }
        self.full_at = full_at;
        Ok(())
    }

    pub(crate) fn is_full(&self, now: Millis) -> bool {
        self.full_at <= now
    }
}

/// A bucket per key, as many as fit; beyond that all newcomers share one.
#[derive(Debug)]
pub(crate) struct Buckets<K> {
    rate: Rate,
    room: usize,
    buckets: BTreeMap<K, Bucket>,
    shared: Bucket,
}

impl<K: Ord + Copy> Buckets<K> {
    pub(crate) fn new(rate: Rate, room: usize) -> Self {
        Self {
            rate,
            room,
            buckets: BTreeMap::new(),
            shared: Bucket::default(),
        }
    }

    /// Takes one token of `key`, or says in how many milliseconds there will be one.
    pub(crate) fn take(&mut self, now: Millis, key: K) -> Result<(), u64> {
        if let Some(bucket) = self.buckets.get_mut(&key) {
            return bucket.take(now, self.rate);
        }
        if self.buckets.len() >= self.room {
            return self.shared.take(now, self.rate);
        }
        self.buckets.entry(key).or_default().take(now, self.rate)
    }

    /// Forgets the buckets that are full, which say nothing.
    pub(crate) fn sweep(&mut self, now: Millis) {
        self.buckets.retain(|_, bucket| !bucket.is_full(now));
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.buckets.len()
    }
}

/// What counts as one address: an IPv4 address, or the /64 of an IPv6 address, which one host has to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Site(u64, bool);

impl Site {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u64::from(v4.to_bits()), false),
            IpAddr::V6(v6) => Self(u64::try_from(v6.to_bits() >> 64).unwrap_or(0), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate {
        burst: 3,
        every_ms: 100,
    };

    #[test]
    fn a_burst_passes_and_then_one_token_per_interval() {
        let mut bucket = Bucket::default();
        let now = Millis(1_000);
        for _ in 0..3 {
            assert_eq!(bucket.take(now, RATE), Ok(()));
        }
        assert_eq!(bucket.take(now, RATE), Err(100));
        assert_eq!(bucket.take(now.after(99), RATE), Err(1));
        assert_eq!(bucket.take(now.after(100), RATE), Ok(()));
        assert_eq!(bucket.take(now.after(100), RATE), Err(100));
    }

    #[test]
    fn an_interval_of_zero_is_no_limit() {
        let mut bucket = Bucket::default();
        for _ in 0..10_000 {
            assert_eq!(
                bucket.take(
                    Millis(5),
                    Rate {
                        burst: 1,
                        every_ms: 0
                    }
                ),
                Ok(())
            );
        }
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let mut buckets = Buckets::new(RATE, 10);
        assert_eq!(buckets.take(Millis(0), 1), Ok(()));
        buckets.sweep(Millis(99));
        assert_eq!(buckets.len(), 1);
        buckets.sweep(Millis(100));
        assert_eq!(buckets.len(), 0);
    }

    #[test]
    fn newcomers_share_a_bucket_when_there_is_no_room() {
        let mut buckets = Buckets::new(RATE, 1);
        assert_eq!(buckets.take(Millis(0), 1), Ok(()));
        for key in 2..5 {
            assert_eq!(buckets.take(Millis(0), key), Ok(()));
        }
        assert_eq!(buckets.take(Millis(0), 5), Err(100));
        assert_eq!(buckets.take(Millis(0), 1), Ok(()));
        assert_eq!(buckets.len(), 1);
    }

    #[test]
    fn an_ipv6_host_is_its_64() {
        let site = |text: &str| Site::of(text.parse().unwrap());
        assert_eq!(site("2001:db8::1"), site("2001:db8::ffff:1"));
        assert_ne!(site("2001:db8::1"), site("2001:db8:0:1::1"));
        assert_eq!(site("::ffff:10.0.0.1"), site("10.0.0.1"));
        assert_ne!(site("10.0.0.1"), site("10.0.0.2"));
    }
}
