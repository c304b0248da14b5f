//! Load generators behind `magpie bench`.

mod error;
pub mod process;
pub mod relay;
pub mod signal;
pub mod tls;

pub use error::BenchError;
