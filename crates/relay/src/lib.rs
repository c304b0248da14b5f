//! STUN (RFC 8489) and TURN (RFC 8656) server as a state machine without I/O.
//!
//! [`Relay`] is given packets and the time and answers with what to send; it never sees a socket, a clock or the system's
//! randomness. Control goes through [`Effect`]s, and packets are answered directly by an [`Output`] that borrows them:
//!
//! ```
//! use magpie_relay::{ClientAddr, Config, Millis, Output, Relay, Transport};
//!
//! let mut relay = Relay::new(Config::default(), [7; 32]);
//! let client = ClientAddr::new(([192, 0, 2, 1], 5000).into(), ([192, 0, 2, 9], 3478).into(), Transport::Udp);
//! let binding = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
//! let now = Millis(1_700_000_000_000);
//! let Output::Reply { message, .. } = relay.from_client(now, client, &binding) else { panic!() };
//! assert_eq!(message[..2], [1, 1]);
//! // After every call: carry out relay.poll_effect() until it is None; call handle_timeout at relay.poll_timeout().
//! assert!(relay.poll_effect().is_none());
//! ```
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod address;
mod allocation;
mod answer;
mod auth;
mod channels;
mod config;
mod connection;
pub mod credentials;
mod discovery;
mod effect;
pub mod framing;
mod hash;
mod head;
mod icmp;
mod integrity;
mod limit;
mod message;
mod nonce;
mod packet;
pub mod policy;
mod relay;
mod request;
mod reserve;
mod revoke;
mod run;
mod shared;
mod snapshot;
mod table;

pub use address::{ClientAddr, Family, Millis, PeerAddr, Protocol, RelayAddr, Transport};
pub use config::{AlternateServer, Binding, Config, KeyedUser, Lifetimes, Limits, StaticUser};
pub use connection::{ConnectError, ConnectionId, connection_to_bind};
pub use discovery::NatDiscovery;
pub use effect::{Effect, Fragment, OpenError, Output, Port, RelayId, Reservation};
pub use head::Head;
pub use icmp::IcmpError;
pub use relay::Relay;
pub use run::{Route, Run, Wrap, channel_data};
pub use shared::Shared;
pub use snapshot::Snapshot;
