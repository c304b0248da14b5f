//! What the operator asked for: sources, merging, mistakes, and the final [`Settings`].

mod file;
mod key;
mod load;
mod nearest;
mod problem;
mod reference;
mod settings;
mod show;
mod sources;
mod turnserver;
mod value;

pub(crate) use key::{Count, KEYS, Key, Kind};
pub use load::{Loaded, defaults, load};
pub(crate) use nearest::nearest;
pub use problem::{ConfigErrors, Problem, Source};
pub use reference::reference;
pub use settings::{
    AdminAddress, CertificateFiles, Limits, Listen, PeerJsSettings, RelaySettings, Settings,
};
pub use show::show;
pub use sources::Inputs;
pub use value::{
    BadValue, Cidr, Origin, PortRange, PublicIp, Quota, RelayTransport, Secret, StunFor,
    StunServer, TurnUser, UserKey,
};

#[cfg(test)]
mod tests;
