//! Load generators behind `magpie bench`.

pub mod process;
pub mod signal;
