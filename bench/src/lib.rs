//! Load generators behind `magpie bench`.
