//! Load generators behind `magpie bench`.

mod error;
pub mod process;
pub mod relay;
pub mod signal;
mod tls;

pub use error::BenchError;
