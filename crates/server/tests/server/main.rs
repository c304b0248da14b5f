//! The real binary on loopback, met as browsers and strangers meet it.

mod abuse;
mod client;
mod http;
mod process;
mod restart;
mod signalling;
mod startup;
