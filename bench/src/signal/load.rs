//! Puts the load on: connects everybody, brings pairs into calls, lets them relay.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep, sleep_until},
};

use super::{
    Door, Report, SignalOptions,
    client::{Client, Target, random_id},
    latency::Latencies,
};
use crate::{BenchError, process};

/// Connects, relays, measures.
pub(super) async fn measure(door: Door, options: SignalOptions) -> Result<Report, BenchError> {
    let memory_before = memory(&options)?;
    let begin = Instant::now();
    let mut clients = connect_all(door, &options).await?;
    let connecting = begin.elapsed();
    // What a handshake needed is given back by then.
    sleep(SETTLE).await;
    let memory_after = memory(&options)?;

    let idle = clients.split_off(options.pairs * 2);
    let _idle: JoinSet<()> = keep_alive(door, idle);
    let window = Rc::new(Window::new());
    let mut pairs = start_pairs(door, clients, &options, &window).await?;

    let cpu_before = cpu(&options)?;
    let begin = Instant::now();
    window.open(begin);
    sleep_until(begin + options.duration).await;
    let cpu_after = cpu(&options)?;
    let elapsed = begin.elapsed();
    let latencies = window.close();
    while let Some(ended) = pairs.try_join_next() {
        // A pair only ends when something went wrong.
        ended.map_err(|error| BenchError::Protocol(error.to_string()))??;
    }
    Ok(report(
        &options,
        connecting,
        elapsed,
        &latencies,
        memory_before.zip(memory_after),
        cpu_before.zip(cpu_after),
    ))
}

fn report(
    options: &SignalOptions,
    connecting: Duration,
    elapsed: Duration,
    latencies: &Latencies,
    memory: Option<(u64, u64)>,
    cpu: Option<(Duration, Duration)>,
) -> Report {
    let messages = latencies.count();
    Report {
        connections: options.connections,
        connections_per_second: options.connections as f64 / connecting.as_secs_f64(),
        messages,
        messages_per_second: messages as f64 / elapsed.as_secs_f64(),
        cpu_us_per_message: cpu.map(|(before, after)| {
            after.saturating_sub(before).as_secs_f64() * 1e6 / messages.max(1) as f64
        }),
        kb_per_connection: memory.map(|(before, after)| {
            after.saturating_sub(before) as f64 / 1024.0 / options.connections as f64
        }),
        p50_ms: latencies.quantile_ms(0.5),
        p99_ms: latencies.quantile_ms(0.99),
    }
}

async fn connect_all(door: Door, options: &SignalOptions) -> Result<Vec<Client>, BenchError> {
    let target = Rc::new(Target::new(door, options));
    let mut connecting = JoinSet::new();
    let mut clients = Vec::with_capacity(options.connections);
    for index in 0..options.connections {
        if connecting.len() == CONNECTING_AT_ONCE {
            clients.push(joined(connecting.join_next().await)?);
        }
        let target = target.clone();
        connecting.spawn_local(async move { Ok((index, target.connect(index).await?)) });
    }
    while !connecting.is_empty() {
        clients.push(joined(connecting.join_next().await)?);
    }
    // Pairs are neighbours.
    clients.sort_by_key(|(index, _)| *index);
    Ok(clients.into_iter().map(|(_, client)| client).collect())
}

fn joined<T>(
    ended: Option<Result<Result<T, BenchError>, tokio::task::JoinError>>,
) -> Result<T, BenchError> {
    match ended {
        Some(Ok(result)) => result,
        Some(Err(error)) => Err(BenchError::Protocol(error.to_string())),
        None => Err(BenchError::Protocol("nothing was running".into())),
    }
}

/// Idle connections say something often enough to stay, and read what comes.
fn keep_alive(door: Door, clients: Vec<Client>) -> JoinSet<()> {
    let sign_of_life = match door {
        Door::Native => r#"{"t":"sync","calls":{}}"#,
        Door::PeerJs => r#"{"type":"HEARTBEAT"}"#,
        // Servers ask by themselves, which is answered below; an answer nobody asked for does no harm.
        Door::SocketIo => PONG,
    };
    let mut tasks = JoinSet::new();
    for mut client in clients {
        tasks.spawn_local(async move {
            let mut beat = interval(HEART_BEAT);
            beat.tick().await;
            loop {
                tokio::select! {
                    _ = beat.tick() => if client.send(sign_of_life).await.is_err() { return },
                    message = client.next() => match message {
                        Ok(text) if text == PING => if client.send(PONG).await.is_err() { return },
                        Ok(_) => {}
                        Err(_) => return,
                    },
                }
            }
        });
    }
    tasks
}

/// Pairs up neighbours and starts a task for each endpoint.
async fn start_pairs(
    door: Door,
    clients: Vec<Client>,
    options: &SignalOptions,
    window: &Rc<Window>,
) -> Result<JoinSet<Result<(), BenchError>>, BenchError> {
    let round = round_time(options);
    let mut tasks = JoinSet::new();
    let mut clients = clients.into_iter();
    while let (Some(mut caller), Some(mut callee)) = (clients.next(), clients.next()) {
        let [to_callee, to_caller] = match door {
            Door::Native => into_call(&mut caller, &mut callee).await?,
            Door::PeerJs => [&callee, &caller].map(|client| Route::Peer(client.id.clone())),
            Door::SocketIo => [Route::Room, Route::Room],
        };
        tasks.spawn_local(Endpoint::new(caller, to_callee, window).relay(Some(round)));
        tasks.spawn_local(Endpoint::new(callee, to_caller, window).relay(None));
    }
    Ok(tasks)
}

/// Lets one dial and the other accept.
async fn into_call(caller: &mut Client, callee: &mut Client) -> Result<[Route; 2], BenchError> {
    let call = random_id();
    let dial = json!({"t": "dial", "n": 1, "call": call, "to": callee.id, "media": "audio"});
    caller.send(dial.to_string()).await?;
    callee
        .wait_for("call", |view| view["call"]["state"] == "ringing")
        .await?;
    let accept = json!({"t": "accept", "n": 1, "call": call, "media": "audio"});
    callee.send(accept.to_string()).await?;
    for end in [caller, callee] {
        end.wait_for("call", |view| view["call"]["state"] == "active")
            .await?;
    }
    Ok([Route::Call(call.clone()), Route::Call(call)])
}

/// Time between two signals of one caller; each is answered by one of the callee.
fn round_time(options: &SignalOptions) -> Duration {
    let Some(rate) = options.rate else {
        return SHORTEST_ROUND;
    };
    let seconds = 2.0 * options.pairs as f64 / f64::from(rate.max(1));
    Duration::from_secs_f64(seconds).max(SHORTEST_ROUND)
}

/// What a signal names for the server to forward it by.
enum Route {
    /// A call of the native protocol.
    Call(String),
    /// The other end's PeerJS id.
    Peer(String),
    /// Whoever else is in the room.
    Room,
}

/// One end of a pair.
struct Endpoint {
    client: Client,
    route: Route,
    window: Rc<Window>,
    sent: u64,
    received: u64,
}

impl Endpoint {
    fn new(client: Client, route: Route, window: &Rc<Window>) -> Self {
        Self {
            client,
            route,
            window: window.clone(),
            sent: 0,
            received: 0,
        }
    }

    /// Signals and answers until the run is over. The one with a `pace` begins, and waits that long between two.
    async fn relay(mut self, pace: Option<Duration>) -> Result<(), BenchError> {
        let mut due = Instant::now();
        if let Some(pace) = pace {
            self.window.opened().await;
            // Not all callers at the same instant.
            due = Instant::now() + pace.mul_f64(f64::from(self.window.next_phase()) / 256.0);
            sleep_until(due).await;
            self.signal().await?;
        }
        loop {
            self.receive().await?;
            if let Some(pace) = pace {
                due = (due + pace).max(Instant::now());
                sleep_until(due).await;
            }
            self.signal().await?;
        }
    }

    async fn signal(&mut self) -> Result<(), BenchError> {
        self.sent += 1;
        let (sent, received, at) = (self.sent, self.received, self.window.micros());
        let message = match &self.route {
            Route::Call(call) => format!(
                r#"{{"t":"signal","call":"{call}","e":1,"s":{sent},"ae":1,"as":{received},"d":{{{CANDIDATE},"at":{at}}}}}"#
            ),
            Route::Peer(id) => format!(
                r#"{{"type":"CANDIDATE","dst":"{id}","payload":{{{CANDIDATE},"type":"media","s":{sent},"at":{at}}}}}"#
            ),
            Route::Room => {
                format!(r#"42["candidate",{{{CANDIDATE},"type":"media","s":{sent},"at":{at}}}]"#)
            }
        };
        self.client.send(message).await
    }

    /// Waits for the other end's next signal.
    async fn receive(&mut self) -> Result<(), BenchError> {
        loop {
            let text = self.client.next().await?;
            if text.starts_with(r#"{"t":"error""#) {
                return Err(BenchError::Protocol(text.to_string()));
            }
            if text == PING {
                self.client.send(PONG).await?;
            }
            let Some(number) = number_after(&text, r#""s":"#) else {
                continue;
            };
            let Some(at) = number_after(&text, r#""at":"#) else {
                continue;
            };
            self.received = number;
            self.window.record(at);
            return Ok(());
        }
    }
}

/// The number behind `key`; parsing whole messages would cost the generator more than the server.
fn number_after(text: &str, key: &str) -> Option<u64> {
    let rest = &text[text.find(key)? + key.len()..];
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

/// The time in which signals are counted, shared by all endpoints.
struct Window {
    origin: Instant,
    since: Cell<Option<Instant>>,
    starting: tokio::sync::Notify,
    phase: Cell<u8>,
    latencies: RefCell<Latencies>,
}

impl Window {
    fn new() -> Self {
        Self {
            origin: Instant::now(),
            since: Cell::new(None),
            starting: tokio::sync::Notify::new(),
            phase: Cell::new(0),
            latencies: RefCell::new(Latencies::new()),
        }
    }

    fn open(&self, now: Instant) {
        self.since.set(Some(now));
        self.starting.notify_waiters();
    }

    fn close(&self) -> Latencies {
        self.since.set(None);
        self.latencies.borrow().clone()
    }

    async fn opened(&self) {
        while self.since.get().is_none() {
            self.starting.notified().await;
        }
    }

    /// Spreads callers over a round: a golden-ratio step visits all of 256 phases evenly.
    fn next_phase(&self) -> u8 {
        self.phase.set(self.phase.get().wrapping_add(159));
        self.phase.get()
    }

    fn micros(&self) -> u64 {
        self.origin.elapsed().as_micros() as u64
    }

    fn record(&self, sent_micros: u64) {
        if self.since.get().is_some() {
            let latency = Duration::from_micros(self.micros().saturating_sub(sent_micros));
            self.latencies.borrow_mut().record(latency);
        }
    }
}

fn memory(options: &SignalOptions) -> Result<Option<u64>, BenchError> {
    let read =
        |pid| process::resident_bytes(pid).map_err(|(path, error)| BenchError::Proc(path, error));
    options.pid.map(read).transpose()
}

fn cpu(options: &SignalOptions) -> Result<Option<Duration>, BenchError> {
    let read = |pid| process::cpu_time(pid).map_err(|(path, error)| BenchError::Proc(path, error));
    options.pid.map(read).transpose()
}

/// What an Engine.IO 4 server asks every client now and then, and the answer.
const PING: &str = "2";
const PONG: &str = "3";
/// The commonest signal.
const CANDIDATE: &str = concat!(
    r#""candidate":{"candidate":"candidate:1833890315 1 udp 2122194687 192.0.2.2 40532 typ host generation 0 "#,
    r#"ufrag wwr6 network-id 1","sdpMid":"0","sdpMLineIndex":0,"usernameFragment":"wwr6"}"#
);
/// Handshakes under way at a time.
const CONNECTING_AT_ONCE: usize = 32;
/// From the last connection to the memory reading.
const SETTLE: Duration = Duration::from_millis(500);
/// The server closes what is silent for 60 s.
const HEART_BEAT: Duration = Duration::from_secs(40);
/// An endpoint may send 100 messages a second.
const SHORTEST_ROUND: Duration = Duration::from_millis(11);

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: usize, rate: Option<u32>) -> SignalOptions {
        SignalOptions {
            server: ([127, 0, 0, 1], 1).into(),
            tls: false,
            origin: String::new(),
            connections: pairs * 2,
            pairs,
            duration: Duration::from_secs(1),
            rate,
            pid: None,
        }
    }

    #[test]
    fn a_paced_caller_signals_half_its_pairs_share() {
        assert_eq!(
            round_time(&options(100, Some(2_000))),
            Duration::from_millis(100)
        );
    }

    #[test]
    fn nobody_signals_faster_than_the_protocol_allows() {
        assert_eq!(round_time(&options(1, Some(1_000_000))), SHORTEST_ROUND);
        assert_eq!(round_time(&options(1, None)), SHORTEST_ROUND);
    }

    #[test]
    fn numbers_are_read_without_parsing_the_message() {
        let text = r#"{"t":"signal","s":12,"as":7,"d":{"at":345}}"#;
        assert_eq!(number_after(text, r#""s":"#), Some(12));
        assert_eq!(number_after(text, r#""at":"#), Some(345));
        assert_eq!(number_after(text, r#""x":"#), None);
    }

    #[test]
    fn figures_are_per_message_and_per_connection() {
        let mut latencies = Latencies::new();
        (0..1_000).for_each(|_| latencies.record(Duration::from_micros(500)));
        let cpu = Some((Duration::ZERO, Duration::from_millis(10)));
        let memory = Some((0, 20 * 1024 * 10));
        let report = report(
            &options(5, None),
            Duration::from_secs(5),
            Duration::from_secs(2),
            &latencies,
            memory,
            cpu,
        );
        assert_eq!(report.connections_per_second, 2.0);
        assert_eq!(report.messages_per_second, 500.0);
        assert_eq!(report.cpu_us_per_message, Some(10.0));
        assert_eq!(report.kb_per_connection, Some(20.0));
    }
}
