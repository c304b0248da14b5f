//! Load generators behind `magpie bench`.

pub mod signal;
