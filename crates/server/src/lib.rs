//! Sockets, HTTPS, certificates, store and the `magpie` command.

pub mod certs;
pub mod cli;
pub mod config;
pub mod relay;
pub mod store;
pub mod trust;
