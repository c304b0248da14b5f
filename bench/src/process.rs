//! Figures of a running process, read from `/proc`.

use std::{fs, io, path::PathBuf, time::Duration};

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// CPU time, user and system, that the threads a process has now have used. Threads that ended are not in it; a difference
/// of two readings is precise to the scheduler's tick as long as none ends between them.
///
/// # Errors
/// The path and the error when `/proc` cannot be read or understood.
pub fn cpu_time(pid: u32) -> Result<Duration, (PathBuf, io::Error)> {
    let path = PathBuf::from(format!("/proc/{pid}/task"));
    let read = || -> io::Result<Duration> {
        fs::read_dir(&path)?
            .map(|thread| run_time(&fs::read_to_string(thread?.path().join("schedstat"))?))
            .sum()
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

/// The first field of a thread's `schedstat`: nanoseconds on a CPU. `stat` has the same in ticks of 10 ms.
fn run_time(schedstat: &str) -> io::Result<Duration> {
    let nanoseconds = schedstat.split(' ').next().map(str::parse);
    match nanoseconds {
        Some(Ok(nanoseconds)) => Ok(Duration::from_nanos(nanoseconds)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
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
    fn the_first_field_is_the_time_on_a_cpu() {
        let time = run_time("1500000 7 3\n").unwrap();
        assert_eq!(time, Duration::from_micros(1_500));
        assert!(run_time("").is_err());
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
