//! Other programs, run quietly and without questions.

use std::io;
use std::process::{Command, Stdio};

/// A command that finds administrator's programs too: `PATH` of an ordinary user lacks their folders.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    let path = std::env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{path}:/usr/sbin:/sbin"))
        .env("LC_ALL", "C");
    command
}

/// Runs it to its end; its standard output.
///
/// # Errors
/// It is missing, or it failed: what it said last.
pub(crate) fn run(mut command: Command) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => format!("`{program}` is not installed"),
            _ => format!("`{program}`: {error}"),
        })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    let last = said
        .lines()
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("it failed and said nothing");
    Err(format!("`{program}`: {}", last.trim()))
}

/// Whether one of `programs` is on the path.
pub(crate) fn any_installed(programs: &[&str]) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    programs
        .iter()
        .any(|program| folders.iter().any(|folder| folder.join(program).is_file()))
}
