//! The numbers that bound the hub.

/// A token bucket: `burst` at once, then one more every `every_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once, at least 1.
    pub burst: u32,
    /// Milliseconds until one more is allowed; 0 means no limit.
    pub every_ms: u32,
}

/// The bounds of the hub. Times are in milliseconds, counts are totals unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a call rings before it ends as `no-answer`.
    pub ring_ms: u64,
    /// How long a call waits for endpoints that are gone: the caller's while ringing, both while active.
    pub gone_ms: u64,
    /// How long a call that ended is remembered.
    pub ended_kept_ms: u64,
    /// How long a connection may say nothing.
    pub silent_ms: u64,
    /// How long somebody without a connection still shows as online: a page that is loaded again takes a few seconds.
    pub presence_grace_ms: u64,
    /// How long a person is kept who was not seen and whom nothing ties to anybody: no handle, no contact
    /// list they keep or are on, no second device, no call.
    pub unused_kept_ms: u64,
    /// How long a link code lives.
    pub link_code_ms: u64,
    /// How long an invite lives.
    pub invite_ms: u64,
    /// People known in all.
    pub persons: usize,
    /// Calls known in all, ended ones included.
    pub calls: usize,
    /// Link codes open in all.
    pub link_codes: usize,
    /// Devices of one person.
    pub devices_per_person: usize,
    /// Connected pages of one device.
    pub pages_per_device: usize,
    /// Contacts of one person.
    pub contacts: usize,
    /// People one person may block.
    pub blocked: usize,
    /// Numbers one person is remembered to have learnt by dialling or being dialled; the oldest go first.
    pub known_numbers: usize,
    /// Missed calls kept for one person; the oldest go first.
    pub missed: usize,
    /// Unused invites of one person.
    pub invites: usize,
    /// Messages of one connection.
    pub messages: Rate,
    /// Dropped messages after which a connection is closed.
    pub dropped_messages: u32,
    /// Malformed messages of one connection within [`Limits::malformed_window_ms`] after which it is closed.
    pub malformed: usize,
    /// The window of [`Limits::malformed`].
    pub malformed_window_ms: u64,
    /// New people from one address (IPv6: one /64).
    pub new_persons_per_address: Rate,
    /// Look-ups by number or handle, dialling included, of one person.
    pub lookups_per_person: Rate,
    /// The same from one address (IPv6: one /64).
    pub lookups_per_address: Rate,
    /// Calls placed by one person.
    pub dials_per_person: Rate,
    /// Guesses of link codes from one address (IPv6: one /64).
    pub link_guesses_per_address: Rate,
    /// Invites and link codes made by one person.
    pub codes_per_person: Rate,
    /// Addresses remembered by each of the limits above.
    pub addresses: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            ring_ms: 45_000,
            gone_ms: 30_000,
            ended_kept_ms: 60_000,
            silent_ms: 60_000,
            presence_grace_ms: 5_000,
            unused_kept_ms: 400 * DAY_MS,
            link_code_ms: 300_000,
            invite_ms: 7 * DAY_MS,
            persons: 1_000_000,
            calls: 100_000,
            link_codes: 10_000,
            devices_per_person: 16,
            pages_per_device: 32,
            contacts: 500,
            blocked: 500,
            known_numbers: 500,
            missed: 100,
            invites: 50,
            messages: Rate {
                burst: 300,
                every_ms: 10,
            },
            dropped_messages: 1_000,
            malformed: 20,
            malformed_window_ms: 10_000,
            new_persons_per_address: Rate {
                burst: 256,
                every_ms: 10_000,
            },
            lookups_per_person: Rate {
                burst: 30,
                every_ms: 2_000,
            },
            lookups_per_address: Rate {
                burst: 120,
                every_ms: 1_000,
            },
            dials_per_person: Rate {
                burst: 30,
                every_ms: 2_000,
            },
            link_guesses_per_address: Rate {
                burst: 10,
                every_ms: 30_000,
            },
            codes_per_person: Rate {
                burst: 20,
                every_ms: 30_000,
            },
            addresses: 65_536,
        }
    }
}

const DAY_MS: u64 = 24 * 3_600_000;
