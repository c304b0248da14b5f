//! Sockets, HTTPS, certificates, store and the `magpie` command.

pub mod admin;
pub mod banner;
mod ca_command;
pub mod certs;
pub mod cli;
pub mod config;
pub mod doors;
pub mod http;
pub mod listen;
mod programs;
mod random;
pub mod relay;
mod secret;
pub mod serve;
mod session;
pub mod signal;
pub mod sse;
pub mod store;
pub mod trust;
pub mod ws;
