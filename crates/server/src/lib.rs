//! Sockets, HTTPS, certificates, store and the `magpie` command.

pub mod cli;
pub mod config;
pub mod relay;
