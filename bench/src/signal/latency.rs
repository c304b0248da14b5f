//! Latencies in a fixed number of buckets.

use std::time::Duration;

/// Counts durations in buckets that each are 5 % wide, from 1 us to some minutes.
#[derive(Clone, Debug)]
pub(super) struct Latencies {
    buckets: Vec<u64>,
    count: u64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            buckets: vec![0; BUCKETS],
            count: 0,
        }
    }

    pub(super) fn record(&mut self, latency: Duration) {
        let micros = latency.as_micros().max(1) as f64;
        let bucket = (micros.ln() / STEP.ln()) as usize;
        self.buckets[bucket.min(BUCKETS - 1)] += 1;
        self.count += 1;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The latency below which `share` (0 to 1) of all lie, in milliseconds, at most 5 % too high. 0 without any.
    pub(super) fn quantile_ms(&self, share: f64) -> f64 {
        let wanted = (self.count as f64 * share).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in self.buckets.iter().enumerate() {
            seen += count;
            if seen >= wanted && seen > 0 {
                return STEP.powi(bucket as i32 + 1) / 1_000.0;
            }
        }
        0.0
    }
}

const STEP: f64 = 1.05;
const BUCKETS: usize = 400;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_within_a_twentieth() {
        let mut latencies = Latencies::new();
        for micros in 1..=10_000 {
            latencies.record(Duration::from_micros(micros));
        }
        assert!((5.0..5.3).contains(&latencies.quantile_ms(0.5)));
        assert!((9.9..10.5).contains(&latencies.quantile_ms(0.99)));
        assert_eq!(latencies.count(), 10_000);
    }

    #[test]
    fn an_endless_wait_counts_in_the_last_bucket() {
        let mut latencies = Latencies::new();
        latencies.record(Duration::from_secs(1 << 40));
        assert!(latencies.quantile_ms(0.5) > 60_000.0);
    }

    #[test]
    fn nothing_recorded_is_zero() {
        assert_eq!(Latencies::new().quantile_ms(0.99), 0.0);
    }
}
