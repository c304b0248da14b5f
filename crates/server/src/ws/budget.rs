//! Memory held for clients that are slow to read or to finish a message, over all connections together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// What is held for one queue or buffer; given back when dropped.
///
/// Limits per connection alone would let a thousand connections that each stay just below them take half a gigabyte.
#[derive(Debug, Default)]
pub(crate) struct Held(usize);

impl Held {
    /// Takes note that `bytes` are held now; whether the holder may go on. It may not when all together hold more than
    /// [`TOTAL`] and it is not one of the small ones.
    #[must_use]
    pub(crate) fn note(&mut self, bytes: usize) -> bool {
        let before = std::mem::replace(&mut self.0, bytes);
        // Wraps back when less is held: the sum of all is never negative.
        let total = ALL
            .fetch_add(bytes.wrapping_sub(before), Ordering::Relaxed)
            .wrapping_add(bytes.wrapping_sub(before));
        total <= TOTAL || bytes <= FAIR
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        ALL.fetch_sub(self.0, Ordering::Relaxed);
    }
}

/// What all connections of the process hold.
static ALL: AtomicUsize = AtomicUsize::new(0);

/// Bytes held in all beyond which the large holders have to go.
const TOTAL: usize = 32 * 1024 * 1024;

/// A holder of no more than this is left alone.
const FAIR: usize = 16 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_holders_go_when_all_together_hold_too_much() {
        let mut others: Vec<Held> = Vec::new();
        others.resize_with(64, Held::default);
        let refused = others
            .iter_mut()
            .filter_map(|held| (!held.note(512 * 1024)).then_some(()))
            .count();
        // 64 times 512 KiB are exactly the total, and other tests of this process hold a little.
        assert!(refused <= 2, "{refused}");
        let mut large = Held::default();
        assert!(!large.note(1024 * 1024));
        let mut small = Held::default();
        assert!(small.note(FAIR));
        drop(others);
        assert!(large.note(1024 * 1024));
    }
}
