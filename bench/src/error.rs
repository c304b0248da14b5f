//! Why a run gave no report.

use std::{fmt, path::PathBuf};

/// Why a run gave no report.
#[derive(Debug)]
pub enum BenchError {
    /// What was asked for contradicts itself.
    Options(&'static str),
    /// A connection could not be made or broke while it was set up.
    Connect(String),
    /// The server answered something that the load does not expect; it is quoted.
    Protocol(String),
    /// A run whose figures mean nothing: what went wrong, and how much.
    Void(String),
    /// The process's figures could not be read.
    Proc(PathBuf, std::io::Error),
    /// The operating system refused what a run needs at all.
    System(&'static str, std::io::Error),
}

impl fmt::Display for BenchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(why) => f.write_str(why),
            Self::Connect(why) => write!(f, "a connection failed: {why}"),
            Self::Protocol(what) => write!(f, "unexpected answer: {what}"),
            Self::Void(why) => write!(f, "the run is void: {why}"),
            Self::Proc(path, _) => write!(f, "cannot read {}", path.display()),
            Self::System(what, _) => write!(f, "cannot {what}"),
        }
    }
}

impl std::error::Error for BenchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Proc(_, source) | Self::System(_, source) => Some(source),
            _ => None,
        }
    }
}
