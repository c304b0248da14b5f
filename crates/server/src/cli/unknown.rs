//! Flags that do not exist: collected, so that they are reported together with every other mistake.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Error, Parser};

use crate::config::{KEYS, Problem, Source, nearest};

/// Reads a command line as far as it can be read, and says which flags of it were left out.
///
/// # Errors
/// The first mistake that is of another kind.
pub(super) fn parse<T: Parser>(mut line: Vec<OsString>) -> Result<(T, Vec<Problem>), Error> {
    let mut unknown = Vec::new();
    let mut gap = None;
    loop {
        let error = match T::try_parse_from(&line) {
            Ok(parsed) => return Ok((parsed, unknown)),
            Err(error) => error,
        };
        let Some((at, text)) = culprit(&error, &line) else {
            return Err(error);
        };
        if text.starts_with('-') {
            unknown.push(problem(&text));
        } else if gap != Some(at) {
            return Err(error);
        }
        // What stands behind an unknown flag is its value, unless it brought one.
        let left_out = line.remove(at);
        gap = (!left_out.to_string_lossy().contains('=')).then_some(at);
    }
}

/// Where the argument is that nobody knows.
fn culprit(error: &Error, line: &[OsString]) -> Option<(usize, String)> {
    let kind = match error.kind() {
        ErrorKind::UnknownArgument => ContextKind::InvalidArg,
        ErrorKind::InvalidSubcommand => ContextKind::InvalidSubcommand,
        _ => return None,
    };
    let Some(ContextValue::String(text)) = error.get(kind) else {
        return None;
    };
    let is_it = |argument: &OsString| {
        let argument = argument.to_string_lossy();
        argument
            .split_once('=')
            .map_or(&*argument, |(name, _)| name)
            == text
    };
    let behind = line.iter().skip(1).position(is_it)?;
    Some((behind + 1, text.clone()))
}

fn problem(flag: &str) -> Problem {
    let known: Vec<String> = KEYS
        .iter()
        .filter(|key| key.flag)
        .map(|key| format!("--{}", key.flag_name()))
        .collect();
    let what = match nearest(flag, known.iter().map(String::as_str)) {
        Some(close) => format!("unknown flag; did you mean `{close}`?"),
        None => "unknown flag".to_owned(),
    };
    Problem {
        source: Source::Flag(flag.to_owned()),
        key: String::new(),
        what,
    }
}
