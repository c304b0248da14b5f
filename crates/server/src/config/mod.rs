//! What the operator asked for: sources, merging, mistakes, and the final [`Settings`].

mod settings;
mod value;

pub use settings::{CertificateFiles, Limits, Listen, RelaySettings, Settings};
pub use value::{BadValue, Cidr, Origin, PortRange, PublicIp, Quota, Secret, TurnUser};
