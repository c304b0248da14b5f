//! Which packets of a flow have arrived, told by a mark in each.

/// First bytes of each payload: packets of others, or of an earlier run, are told apart by it.
pub(super) type Run = [u8; 4];

/// Bytes of a mark: the run, the flow and the packet's number.
pub(super) const MARK: usize = 16;

/// Marks a payload as packet `number` of `flow`.
///
/// # Panics
/// When the payload is shorter than a mark.
pub(super) fn mark(payload: &mut [u8], run: Run, flow: u32, number: u64) {
    payload[..4].copy_from_slice(&run);
    payload[4..8].copy_from_slice(&flow.to_be_bytes());
    payload[8..MARK].copy_from_slice(&number.to_be_bytes());
}

/// Reads the flow and the number of a packet of this run.
pub(super) fn read(payload: &[u8], run: Run) -> Option<(usize, u64)> {
    let (found, rest) = payload.split_first_chunk::<4>()?;
    let (flow, rest) = rest.split_first_chunk::<4>()?;
    let number = rest.first_chunk::<8>()?;
    (*found == run).then(|| {
        (
            u32::from_be_bytes(*flow) as usize,
            u64::from_be_bytes(*number),
        )
    })
}

/// The numbers seen of one flow: a window over the latest 128 (RFC 4303 section 3.4.3 does the same against replays).
#[derive(Clone, Debug, Default)]
pub(super) struct Sequence {
    /// One past the highest seen.
    next: u64,
    /// Bit `n`: number `next - 1 - n` has been seen.
    seen: u128,
}

impl Sequence {
    /// Whether `number` arrives for the first time. What is older than the window counts as a duplicate.
    pub(super) fn is_new(&mut self, number: u64) -> bool {
        if number >= self.next {
            let ahead = number - self.next + 1;
            let shift = u32::try_from(ahead).unwrap_or(u32::MAX);
            self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
            self.next = number + 1;
            return true;
        }
        let age = self.next - 1 - number;
        let bit = u32::try_from(age)
            .ok()
            .and_then(|age| 1_u128.checked_shl(age))
            .unwrap_or(0);
        let new = bit != 0 && self.seen & bit == 0;
        self.seen |= bit;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_counts_once_in_any_order() {
        let mut sequence = Sequence::default();
        let arrived = [0, 2, 1, 1, 5, 0, 4, 300, 299, 300, 5];
        let new: Vec<u64> = arrived
            .into_iter()
            .filter(|number| sequence.is_new(*number))
            .collect();
        assert_eq!(new, [0, 2, 1, 5, 4, 300, 299]);
    }

    #[test]
    fn a_mark_is_read_back_and_that_of_another_run_is_not() {
        let mut payload = [0; 20];
        mark(&mut payload, [1, 2, 3, 4], 7, 1 << 40);
        assert_eq!(read(&payload, [1, 2, 3, 4]), Some((7, 1 << 40)));
        assert_eq!(read(&payload, [1, 2, 3, 5]), None);
        assert_eq!(read(&payload[..15], [1, 2, 3, 4]), None);
    }
}
