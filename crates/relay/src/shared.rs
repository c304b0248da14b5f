//! What the relays of one server hold in common: quotas, ports kept for a second allocation, and who has which relayed
//! address. The first two are behind locks that only Allocate takes; the last is read for every packet, without any.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::config::Limits;
use crate::hash::{Seeded, SeededMap};
use crate::reserve::Kept;

/// Shared by all relays of one server; see [`Relay::sharing`](crate::Relay::sharing).
#[derive(Debug)]
pub struct Shared {
    /// Of UDP.
    pub(crate) directory: Directory,
    /// Of TCP.
    pub(crate) streams: Directory,
    quotas: Mutex<Quotas>,
    reservations: Mutex<SeededMap<u64, Kept>>,
}

impl Shared {
    /// Nothing yet. `seed` is the one the relays get.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        let hasher = Seeded::derived(seed, b"shared");
        Self {
            directory: Directory::default(),
            streams: Directory::default(),
            quotas: Mutex::new(Quotas::new(hasher)),
            reservations: Mutex::new(SeededMap::with_hasher(hasher)),
        }
    }

    pub(crate) fn reservations(&self) -> MutexGuard<'_, SeededMap<u64, Kept>> {
        self.reservations
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn quotas(&self) -> MutexGuard<'_, Quotas> {
        self.quotas.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One allocation as the quotas count it: counted until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    shared: Arc<Shared>,
    address: u64,
    account: u64,
    rate: Option<NonZeroU64>,
}

impl Seat {
    /// A seat for an allocation of `account` (a hash of it) at the client address `address`, if the quotas leave one.
    pub(crate) fn take(
        shared: &Arc<Shared>,
        limits: &Limits,
        address: u64,
        account: u64,
    ) -> Option<Self> {
        let rate = shared.quotas().take(limits, address, account)?;
        Some(Self {
            shared: Arc::clone(shared),
            address,
            account,
            rate: NonZeroU64::new(rate),
        })
    }

    /// Bits per second that the allocation may carry in each direction; `None`: any number.
    pub(crate) const fn rate(&self) -> Option<NonZeroU64> {
        self.rate
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let rate = self.rate.map_or(0, NonZeroU64::get);
        let mut quotas = self.shared.quotas();
        quotas.give_back(self.address, self.account, rate);
    }
}

/// Allocations in all, by client address and by account, and the bits per second they have been given.
#[derive(Debug)]
struct Quotas {
    total: u32,
    bits: u64,
    by_address: SeededMap<u64, u32>,
    by_account: SeededMap<u64, u32>,
}

impl Quotas {
    fn new(hasher: Seeded) -> Self {
        Self {
            total: 0,
            bits: 0,
            by_address: SeededMap::with_hasher(hasher),
            by_account: SeededMap::with_hasher(hasher),
        }
    }

    /// Counts one more: the bits per second it may carry, 0 for any number. `None`: there is no room for it.
    fn take(&mut self, limits: &Limits, address: u64, account: u64) -> Option<u64> {
        let rate = self.rate(limits)?;
        let below = |count: u32, most: Option<std::num::NonZeroU32>| {
            most.is_none_or(|most| count < most.get())
        };
        let at_address = self.by_address.get(&address).copied().unwrap_or(0);
        let of_account = self.by_account.get(&account).copied().unwrap_or(0);
        let room = below(self.total, limits.total)
            && below(at_address, limits.per_address)
            && below(of_account, limits.per_user);
        if !room {
            return None;
        }
        self.total = self.total.saturating_add(1);
        self.bits = self.bits.saturating_add(rate);
        self.by_address
            .insert(address, at_address.saturating_add(1));
        self.by_account
            .insert(account, of_account.saturating_add(1));
        Some(rate)
    }

    /// What one more allocation may carry; `None`: all has been given out.
    fn rate(&self, limits: &Limits) -> Option<u64> {
        let most = limits.max_bps.map_or(0, NonZeroU64::get);
        match limits.total_bps {
            Some(total) if most > 0 => {
                let left = total.get().saturating_sub(self.bits);
                (left > 0).then(|| left.min(most))
            }
            _ => Some(most),
        }
    }

    fn give_back(&mut self, address: u64, account: u64, rate: u64) {
        self.total = self.total.saturating_sub(1);
        self.bits = self.bits.saturating_sub(rate);
        discount(&mut self.by_address, address);
        discount(&mut self.by_account, account);
    }
}

fn discount(counts: &mut SeededMap<u64, u32>, key: u64) {
    if let Some(count) = counts.get_mut(&key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(&key);
        }
    }
}

/// Which relay has which relayed address: for each of our IP addresses a table over the ports, in pages made when first
/// needed.
#[derive(Debug)]
pub(crate) struct Directory {
    places: [OnceLock<Box<Place>>; PLACES],
}

/// Whose a relayed address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) worker: u8,
    pub(crate) slot: u32,
}

#[derive(Debug)]
struct Place {
    ip: IpAddr,
    pages: [OnceLock<Box<Page>>; 256],
}

/// 256 neighbouring ports: 0, or the worker in the highest byte and its slot and one in the others.
type Page = [AtomicU32; 256];

impl Default for Directory {
    fn default() -> Self {
        Self {
            places: [const { OnceLock::new() }; PLACES],
        }
    }
}

impl Directory {
    /// Who has `address`. An outside address costs a comparison for each IP address of ours.
    #[inline]
    pub(crate) fn find(&self, address: &SocketAddr) -> Option<Home> {
        let mut places = self.places.iter().map_while(OnceLock::get);
        let place = places.find(|place| place.ip == address.ip())?;
        let [page, at] = address.port().to_be_bytes().map(usize::from);
        let entry = place.pages.get(page)?.get()?.get(at)?;
        Home::unpack(entry.load(Ordering::Acquire))
    }

    /// Records who has `address`. Past [`PLACES`] addresses of ours none is recorded: packets between clients go by the kernel
    /// there.
    pub(crate) fn set(&self, address: SocketAddr, home: Option<Home>) {
        let [page, at] = address.port().to_be_bytes().map(usize::from);
        let pages = self.place(address.ip()).map(|place| &place.pages);
        let Some(page) = pages.and_then(|pages| pages.get(page)) else {
            return;
        };
        let page = page.get_or_init(|| Box::new([const { AtomicU32::new(0) }; 256]));
        if let Some(entry) = page.get(at) {
            entry.store(home.map_or(0, Home::pack), Ordering::Release);
        }
    }

    fn place(&self, ip: IpAddr) -> Option<&Place> {
        let mut places = self.places.iter();
        let mut place = || {
            let made = places.next()?.get_or_init(|| Box::new(Place::new(ip)));
            Some(&**made)
        };
        std::iter::from_fn(&mut place).find(|place| place.ip == ip)
    }
}

impl Place {
    const fn new(ip: IpAddr) -> Self {
        Self {
            ip,
            pages: [const { OnceLock::new() }; 256],
        }
    }
}

impl Home {
    fn pack(self) -> u32 {
        u32::from(self.worker) << 24 | (self.slot.saturating_add(1) & SLOTS)
    }

    fn unpack(packed: u32) -> Option<Self> {
        let [worker, ..] = packed.to_be_bytes();
        let slot = (packed & SLOTS).checked_sub(1)?;
        Some(Self { worker, slot })
    }
}

/// IP addresses of ours that relayed addresses may lie on.
const PLACES: usize = 32;
/// The part of an entry that names a slot.
const SLOTS: u32 = 0x00ff_ffff;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_tells_ip_addresses_and_ports_apart() {
        let directory = Directory::default();
        let home = |worker, slot| Some(Home { worker, slot });
        let [a, b, c] = ["192.0.2.1:50000", "192.0.2.2:50000", "192.0.2.1:50001"]
            .map(|address| address.parse().unwrap());
        directory.set(a, home(3, 0));
        directory.set(b, home(255, 70_000));
        assert_eq!(
            [a, b, c].map(|at| directory.find(&at)),
            [home(3, 0), home(255, 70_000), None]
        );
        directory.set(a, None);
        assert_eq!(
            [a, b].map(|at| directory.find(&at)),
            [None, home(255, 70_000)]
        );
    }

    #[test]
    fn more_ip_addresses_than_fit_are_left_out() {
        let directory = Directory::default();
        let address = |last: u8| SocketAddr::from(([192, 0, 2, last], 50_000));
        for last in 0..=PLACES as u8 {
            directory.set(address(last), Some(Home { worker: 0, slot: 1 }));
        }
        assert!(directory.find(&address(PLACES as u8 - 1)).is_some());
        assert_eq!(directory.find(&address(PLACES as u8)), None);
    }

    #[test]
    fn a_seat_that_is_dropped_is_free_at_once() {
        let shared = Arc::new(Shared::new([1; 32]));
        let limits = Limits {
            total: std::num::NonZeroU32::new(1),
            ..Limits::default()
        };
        let seat = Seat::take(&shared, &limits, 1, 1);
        assert!(seat.is_some());
        assert!(Seat::take(&shared, &limits, 2, 2).is_none());
        drop(seat);
        assert!(Seat::take(&shared, &limits, 2, 2).is_some());
    }
}
