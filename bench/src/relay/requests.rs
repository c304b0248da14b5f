//! Requests instead of packets: bindings, whole cycles of allocations, allocations held.

use std::{
    io,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread::{self, sleep},
    time::{Duration, Instant},
};

use super::{
    RelayOptions,
    link::Link,
    report::{Memory, Requests},
    session::Session,
    stun::{self, Answer},
    target::Target,
};
use crate::BenchError;

/// Allocates and releases over and over: 401, Allocate, Refresh with lifetime 0, each time from a port of its own.
pub(super) fn allocate(target: &Target, options: &RelayOptions) -> Result<Requests, BenchError> {
    let next = AtomicU64::new(0);
    measure(target, options, |_| {
        let next = &next;
        Ok(move || {
            let index = next.fetch_add(1, Ordering::Relaxed) % ADDRESSES;
            let mut session = Session::open(&target.kind, &target.way, index as usize)?;
            session.release().map(|()| (1, 0))
        })
    })
}

/// Asks for bindings: each thread has its clients, each of which sends a window of requests and takes the answers.
pub(super) fn bind(target: &Target, options: &RelayOptions) -> Result<Requests, BenchError> {
    let request = stun::binding();
    measure(target, options, |thread| {
        let clients = (thread..options.clients).step_by(options.threads);
        let links: io::Result<Vec<Link>> = clients.map(|index| target.way.open(index)).collect();
        let mut links = links.map_err(|error| BenchError::Connect(error.to_string()))?;
        let request = request.clone();
        Ok(move || round(&mut links, &request, options.window))
    })
}

/// Makes allocations and reads what they cost the server's memory.
pub(super) fn hold(target: &Target, options: &RelayOptions) -> Result<Memory, BenchError> {
    // The first ones bring tables into being that later ones share.
    let first = target.sessions(options.clients.min(FIRST))?;
    let before = target.memory()?;
    let begin = Instant::now();
    let more = target.sessions(options.clients)?;
    let elapsed = begin.elapsed();
    sleep(SETTLE);
    let after = target.memory()?;
    drop((first, more));
    Ok(Memory {
        allocations: options.clients,
        kb_per_allocation: before.zip(after).map(|(before, after)| {
            after.saturating_sub(before) as f64 / 1024.0 / options.clients as f64
        }),
        made_per_second: options.clients as f64 / elapsed.as_secs_f64(),
    })
}

/// Sends a window of requests on each link, then takes the answers; how many came, and how many did not.
fn round(links: &mut [Link], request: &[u8], window: usize) -> Result<(u64, u64), BenchError> {
    let broken = |error: io::Error| BenchError::Connect(error.to_string());
    for link in &mut *links {
        for _ in 0..window {
            link.send(request, request.len()).map_err(broken)?;
        }
    }
    let mut answered = 0;
    let asked = (links.len() * window) as u64;
    let mut buffer = [0; 2048];
    for link in links {
        let mut missing = window;
        while missing > 0 {
            let mut came = 0;
            let received = link.receive(&mut buffer, |message| {
                came += usize::from(matches!(Answer::parse(message), Some(Answer::Success(_))));
            });
            match received {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(broken(error)),
            }
            answered += came as u64;
            missing = missing.saturating_sub(came);
        }
    }
    Ok((answered, asked.saturating_sub(answered)))
}

/// Lets each thread do what `start` gives it, again and again, and counts what is done while measuring.
fn measure<Work>(
    target: &Target,
    options: &RelayOptions,
    start: impl Fn(usize) -> Result<Work, BenchError> + Sync,
) -> Result<Requests, BenchError>
where
    Work: FnMut() -> Result<(u64, u64), BenchError>,
{
    let (done, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let work = |thread| {
        let mut work = start(thread)?;
        while !stop.load(Ordering::Relaxed) {
            let (more, missing) = work()?;
            done.fetch_add(more, Ordering::Relaxed);
            lost.fetch_add(missing, Ordering::Relaxed);
        }
        Ok::<(), BenchError>(())
    };
    let read =
        || Ok::<_, BenchError>((Instant::now(), done.load(Ordering::Relaxed), target.cpu()?));
    let (before, after) = thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads)
            .map(|thread| scope.spawn(move || work(thread)))
            .collect();
        sleep(WARM_UP);
        let before = read();
        sleep(options.duration);
        let after = read();
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            let panicked = |_| BenchError::Protocol("a thread of the load has panicked".into());
            thread.join().map_err(panicked)??;
        }
        Ok((before?, after?))
    })?;
    let count = after.1 - before.1;
    Ok(Requests {
        done: count,
        done_per_second: count as f64 / after.0.duration_since(before.0).as_secs_f64(),
        cpu_us_each: before.2.zip(after.2).map(|(before, after)| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / count.max(1) as f64
        }),
        lost: lost.load(Ordering::Relaxed),
    })
}

/// Source addresses used in turn.
const ADDRESSES: u64 = 1 << 16;
const FIRST: usize = 16;
const WARM_UP: Duration = Duration::from_millis(500);
const SETTLE: Duration = Duration::from_millis(500);
