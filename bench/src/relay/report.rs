//! What was measured.

use std::fmt;

use serde::Serialize;

/// The report of a run, by what it did.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Of packets relayed.
    Traffic(Traffic),
    /// Of requests answered.
    Requests(Requests),
    /// Of allocations held.
    Memory(Memory),
}

/// Packets relayed. Figures of the server's process are `None` without a pid.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Traffic {
    /// Packets that arrived while measuring.
    pub packets: u64,
    /// The same per second.
    pub packets_per_second: f64,
    /// The server's CPU time (user and system, all threads) per packet that arrived, in microseconds.
    pub cpu_us_per_packet: Option<f64>,
    /// Packets sent in the whole run.
    pub sent: u64,
    /// Packets of those that never arrived.
    pub lost: u64,
    /// Packets that arrived twice, or that nobody sent.
    pub strays: u64,
    /// Packets the load sent in one system call.
    pub segments_per_send: f64,
    /// Packets the load received in one system call: above 1 when the server sent them in one.
    pub segments_per_receive: f64,
}

/// Requests answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requests {
    /// Bindings answered, or whole cycles of an allocation, while measuring.
    pub done: u64,
    /// The same per second.
    pub done_per_second: f64,
    /// The server's CPU time per one, in microseconds.
    pub cpu_us_each: Option<f64>,
    /// Requests without an answer.
    pub lost: u64,
}

/// Allocations held.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Memory {
    /// How many.
    pub allocations: usize,
    /// Growth of the server's resident memory per allocation, in KB of 1,024 bytes.
    pub kb_per_allocation: Option<f64>,
    /// Allocations made per second, one after the other.
    pub made_per_second: f64,
}

/// Broken packets survived.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Mutation {
    /// Packets sent, or tried to.
    pub packets: u64,
    /// Packets of those that were correctly signed.
    pub signed: u64,
    /// Packets the system did not take, since an earlier one was answered by ICMP.
    pub unsent: u64,
    /// Batches; the server answered after each.
    pub batches: u64,
    /// Answers to the packets themselves.
    pub answers: u64,
    /// How long it took.
    pub seconds: f64,
    /// Growth of the server's resident memory, in KB of 1,024 bytes.
    pub growth_kb: Option<f64>,
}

impl Report {
    /// Why the figures mean nothing, if so: more than a thousandth was lost, or packets arrived that should not have.
    #[must_use]
    pub fn void(&self) -> Option<String> {
        let (lost, of, strays) = match self {
            Self::Traffic(traffic) => (traffic.lost, traffic.sent, traffic.strays),
            Self::Requests(requests) => (requests.lost, requests.done + requests.lost, 0),
            Self::Memory(_) => return None,
        };
        if of == 0 || lost * 1000 > of {
            Some(format!("{lost} of {of} were lost"))
        } else if strays * 1000 > of {
            Some(format!("{strays} arrived that nobody sent, or twice"))
        } else {
            None
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Traffic(traffic) => traffic.fmt(f),
            Self::Requests(requests) => requests.fmt(f),
            Self::Memory(memory) => memory.fmt(f),
        }
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "packets           {}", self.packets)?;
        writeln!(f, "packets/s         {:.0}", self.packets_per_second)?;
        if let Some(us) = self.cpu_us_per_packet {
            writeln!(f, "CPU us/packet     {us:.2}")?;
        }
        writeln!(f, "lost              {} of {}", self.lost, self.sent)?;
        writeln!(f, "strays            {}", self.strays)?;
        writeln!(f, "segments/send     {:.2}", self.segments_per_send)?;
        write!(f, "segments/receive  {:.2}", self.segments_per_receive)
    }
}

impl fmt::Display for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "done              {}", self.done)?;
        writeln!(f, "done/s            {:.0}", self.done_per_second)?;
        if let Some(us) = self.cpu_us_each {
            writeln!(f, "CPU us each       {us:.2}")?;
        }
        write!(f, "lost              {}", self.lost)
    }
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "allocations       {}", self.allocations)?;
        if let Some(kb) = self.kb_per_allocation {
            writeln!(f, "KB/allocation     {kb:.2}")?;
        }
        write!(f, "made/s            {:.0}", self.made_per_second)
    }
}

impl fmt::Display for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "packets           {}", self.packets)?;
        writeln!(f, "correctly signed  {}", self.signed)?;
        writeln!(f, "batches survived  {}", self.batches)?;
        writeln!(f, "answers           {}", self.answers)?;
        if let Some(kb) = self.growth_kb {
            writeln!(f, "memory KB         {kb:.0}")?;
        }
        write!(f, "seconds           {:.1}", self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traffic(sent: u64, lost: u64, strays: u64) -> Report {
        Report::Traffic(Traffic {
            packets: sent,
            packets_per_second: 1.0,
            cpu_us_per_packet: None,
            sent,
            lost,
            strays,
            segments_per_send: 1.0,
            segments_per_receive: 1.0,
        })
    }

    #[test]
    fn more_than_a_thousandth_lost_makes_a_run_void() {
        assert_eq!(traffic(10_000, 10, 0).void(), None);
        assert!(traffic(10_000, 11, 0).void().is_some());
        assert!(traffic(10_000, 0, 11).void().is_some());
    }

    #[test]
    fn a_run_in_which_nothing_was_sent_is_void() {
        assert!(traffic(0, 0, 0).void().is_some());
    }
}
