//! Figures of a running process, read from `/proc`.

use std::{fs, io, path::PathBuf, time::Duration};

use nix::{
    sys::resource::{Resource, getrlimit, setrlimit},
    unistd::{SysconfVar, sysconf},
};

/// CPU time, user and system, that all threads of a process have used since it started.
///
/// # Errors
/// The path and the error when `/proc` cannot be read or understood.
pub fn cpu_time(pid: u32) -> Result<Duration, (PathBuf, io::Error)> {
    let path = PathBuf::from(format!("/proc/{pid}/stat"));
    let read = || -> io::Result<Duration> {
        let ticks = cpu_ticks(&fs::read_to_string(&path)?).ok_or(io::ErrorKind::InvalidData)?;
        let per_second = sysconf(SysconfVar::CLK_TCK)?.unwrap_or(100);
        Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
    };
    read().map_err(|error| (path.clone(), error))
}

/// Resident memory of a process in bytes.
///
/// # Errors
/// The path and the error when `/proc` cannot be read or understood.
pub fn resident_bytes(pid: u32) -> Result<u64, (PathBuf, io::Error)> {
    let path = PathBuf::from(format!("/proc/{pid}/status"));
    fs::read_to_string(&path)
        .and_then(|status| resident(&status).ok_or_else(|| io::ErrorKind::InvalidData.into()))
        .map_err(|error| (path.clone(), error))
}

/// Lets this process open as many files as it may.
pub(crate) fn raise_file_limit() -> io::Result<()> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE)?;
    Ok(setrlimit(Resource::RLIMIT_NOFILE, hard, hard)?)
}

/// Fields 14 and 15 of `proc_pid_stat(5)`. The program's name may hold spaces and brackets, so counting starts
/// after the last bracket, with field 3.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn resident(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_an_awkward_program_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 5 1000 200";
        assert_eq!(cpu_ticks(stat), Some(300));
    }

    #[test]
    fn resident_memory_is_in_bytes() {
        assert_eq!(
            resident("VmSize:\t 100 kB\nVmRSS:\t  12 kB\n"),
            Some(12 * 1024)
        );
        assert_eq!(resident("VmSize:\t 100 kB\n"), None);
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(resident_bytes(std::process::id()).unwrap() > 100_000);
        assert!(cpu_time(std::process::id()).is_ok());
    }

    #[test]
    fn a_process_that_is_gone_is_an_error_with_its_path() {
        let (path, _) = resident_bytes(u32::MAX).unwrap_err();
        assert_eq!(path, PathBuf::from("/proc/4294967295/status"));
    }
}
