//! Neighbouring packets of one flow, put together: one decision and, if the kernel cuts them, one system call for all.

use std::io::IoSlice;

use magpie_relay::Run;

/// Payloads of one length, the last of them perhaps shorter.
#[derive(Debug)]
pub(super) struct Train<'a> {
    payloads: [IoSlice<'a>; MOST],
    count: usize,
    bytes: usize,
    /// Length of each but the last.
    size: usize,
}

impl<'a> Train<'a> {
    pub(super) fn new() -> Self {
        Self {
            payloads: [IoSlice::new(&[]); MOST],
            count: 0,
            bytes: 0,
            size: 0,
        }
    }

    /// A payload by itself.
    pub(super) fn one(payload: &'a [u8]) -> Self {
        let mut train = Self::new();
        train.couple(payload);
        train
    }

    /// Appends `payload`, if the kernel can cut what comes out where it was put together.
    pub(super) fn couple(&mut self, payload: &'a [u8]) -> bool {
        let fits = self.count == 0
            || (!payload.is_empty()
                && payload.len() <= self.size
                // A shorter one was the last.
                && self.bytes == self.count * self.size
                && self.bytes + payload.len() + (self.count + 1) * HEAD_MOST <= BYTES_MOST);
        let Some(place) = self.payloads.get_mut(self.count).filter(|_| fits) else {
            return false;
        };
        if self.count == 0 {
            self.size = payload.len();
        }
        *place = IoSlice::new(payload);
        self.count += 1;
        self.bytes += payload.len();
        true
    }

    pub(super) fn clear(&mut self) {
        (self.count, self.bytes) = (0, 0);
    }

    pub(super) fn payloads(&self) -> &[IoSlice<'a>] {
        self.payloads.get(..self.count).unwrap_or_default()
    }

    /// Length of each payload but the last.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    pub(super) const fn run(&self) -> Run {
        Run {
            packets: self.count,
            bytes: self.bytes,
        }
    }
}

/// Puts packets together as long as they belong to the same flow.
#[derive(Debug)]
pub(super) struct Coupler<'a, Flow> {
    flow: Option<Flow>,
    train: Train<'a>,
}

impl<'a, Flow: PartialEq + Copy> Coupler<'a, Flow> {
    pub(super) fn new() -> Self {
        Self {
            flow: None,
            train: Train::new(),
        }
    }

    /// Appends a packet of `flow`; what it does not go with is passed to `go` first.
    pub(super) fn add(
        &mut self,
        flow: Flow,
        payload: &'a [u8],
        mut go: impl FnMut(Flow, &Train<'a>),
    ) {
        if self.flow == Some(flow) && self.train.couple(payload) {
            return;
        }
        self.depart(&mut go);
        self.flow = Some(flow);
        self.train.couple(payload);
    }

    /// Passes on what is here.
    pub(super) fn depart(&mut self, mut go: impl FnMut(Flow, &Train<'a>)) {
        if let Some(flow) = self.flow.take() {
            go(flow, &self.train);
            self.train.clear();
        }
    }
}

/// What every kernel that cuts accepts.
pub(super) const MOST: usize = 64;
/// The longest head there is and three bytes of padding: for the client, every packet gains as much.
const HEAD_MOST: usize = 52;
/// Less than the longest datagram, which all of it has to fit before it is cut.
const BYTES_MOST: usize = 65_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_packet_is_the_last_and_a_longer_one_stays_out() {
        let mut train = Train::one(&[0; 100]);
        assert!(!train.couple(&[0; 101]));
        assert!(train.couple(&[0; 100]));
        assert!(train.couple(&[0; 99]));
        assert!(!train.couple(&[0; 99]));
        assert_eq!(
            train.run(),
            Run {
                packets: 3,
                bytes: 299
            }
        );
    }

    #[test]
    fn empty_packets_go_alone() {
        let mut train = Train::one(&[]);
        assert!(!train.couple(&[]));
        let mut train = Train::one(&[0; 9]);
        assert!(!train.couple(&[]));
        train.clear();
        assert!(train.couple(&[]));
    }

    #[test]
    fn no_more_than_the_kernel_can_cut() {
        let mut train = Train::new();
        assert_eq!((0..100).filter(|_| train.couple(&[0; 10])).count(), MOST);
        let mut train = Train::new();
        let coupled = (0..100).filter(|_| train.couple(&[0; 1400])).count();
        assert!(
            coupled * (1400 + HEAD_MOST) <= BYTES_MOST && coupled > 40,
            "{coupled}"
        );
    }

    #[test]
    fn flows_are_kept_apart_and_in_order() {
        let mut coupler = Coupler::new();
        let mut gone = Vec::new();
        let packets = [(1, &b"ab"[..]), (1, b"cd"), (2, b"ef"), (1, b"gh")];
        for (flow, payload) in packets {
            coupler.add(flow, payload, |flow, train| {
                gone.push((flow, train.run().packets))
            });
        }
        coupler.depart(|flow, train| gone.push((flow, train.run().packets)));
        assert_eq!(gone, [(1, 2), (2, 1), (1, 1)]);
    }
}
