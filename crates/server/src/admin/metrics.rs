//! The figures in the text form that Prometheus reads (exposition format 0.0.4).

use std::fmt::{Display, Write as _};
use std::fs;

use super::figures::Figures;

/// What `/metrics` answers.
pub(super) fn text(figures: &Figures) -> String {
    let mut page = Page::default();
    page.family("magpie_build_info", "gauge", "The version that runs.");
    page.labelled("magpie_build_info", "version", env!("CARGO_PKG_VERSION"), 1);
    relay(&mut page, &figures.relay, figures.crowded_out);
    hub(&mut page, &figures.hub);
    process(&mut page);
    page.0
}

fn relay(page: &mut Page, relay: &magpie_relay::Snapshot, crowded_out: u64) {
    page.gauge(
        "magpie_relay_allocations",
        "Allocations at this moment.",
        relay.allocations,
    );
    page.gauge(
        "magpie_relay_tcp_connections",
        "TCP connections with peers at this moment.",
        relay.connections,
    );
    let name = "magpie_relay_packets_total";
    page.family(name, "counter", "Packets relayed.");
    page.labelled(name, "to", "peers", relay.to_peers);
    page.labelled(name, "to", "clients", relay.to_clients);
    let name = "magpie_relay_bytes_total";
    page.family(name, "counter", "Payload bytes relayed.");
    page.labelled(name, "to", "peers", relay.bytes_to_peers);
    page.labelled(name, "to", "clients", relay.bytes_to_clients);
    page.counter(
        "magpie_relay_challenges_total",
        "Answers 401 and 438.",
        relay.challenges,
    );
    page.counter(
        "magpie_relay_challenges_suppressed_total",
        "Answers left unsent because one address asked for too many.",
        relay.challenges_suppressed,
    );
    let name = "magpie_relay_errors_total";
    page.family(name, "counter", "Error answers by code.");
    for (code, count) in &relay.errors {
        page.labelled(name, "code", code, *count);
    }
    let name = "magpie_relay_refused_peers_total";
    page.family(name, "counter", "Peers refused, by rule.");
    for (rule, count) in &relay.refused_by_rule {
        page.labelled(name, "rule", rule, *count);
    }
    page.counter(
        "magpie_relay_refused_allocations_total",
        "Allocations refused by a quota or for want of ports.",
        relay.refused_allocations,
    );
    page.counter(
        "magpie_relay_revoked_allocations_total",
        "Allocations ended because their credential was revoked.",
        relay.revoked_allocations,
    );
    let name = "magpie_relay_dropped_total";
    page.family(name, "counter", "Packets dropped, by reason.");
    page.labelled(name, "reason", "over_rate", relay.over_rate);
    page.labelled(name, "reason", "crowded_out", crowded_out);
    page.labelled(name, "reason", "other", relay.dropped);
}

fn hub(page: &mut Page, hub: &magpie_hub::Snapshot) {
    page.gauge("magpie_hub_persons", "People known.", hub.persons);
    page.gauge("magpie_hub_devices", "Devices known.", hub.devices);
    page.gauge(
        "magpie_hub_connections",
        "Clients connected.",
        hub.connections,
    );
    let name = "magpie_hub_calls";
    page.family(name, "gauge", "Calls, by state.");
    page.labelled(name, "state", "ringing", hub.ringing);
    page.labelled(name, "state", "active", hub.active);
    page.labelled(name, "state", "ended", hub.ended);
    page.counter(
        "magpie_hub_signals_total",
        "Signals passed on.",
        hub.forwarded,
    );
    page.counter(
        "magpie_hub_dropped_total",
        "Messages dropped by a rate limit.",
        hub.dropped,
    );
}

/// The names every exporter uses for the process itself; what cannot be read is left out.
fn process(page: &mut Page) {
    if let Some(memory) = resident_bytes() {
        page.gauge("process_resident_memory_bytes", "Resident memory.", memory);
    }
    if let Some(seconds) = cpu_seconds() {
        page.counter(
            "process_cpu_seconds_total",
            "CPU time, user and system.",
            seconds,
        );
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        page.gauge("process_open_fds", "Open file descriptors.", open.count());
    }
}

fn resident_bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}

fn cpu_seconds() -> Option<f64> {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).ok()?;
    let [user, system] = [usage.user_time(), usage.system_time()];
    let micros = |time: nix::sys::time::TimeVal| {
        std::time::Duration::from_micros(
            u64::try_from(nix::sys::time::TimeValLike::num_microseconds(&time)).unwrap_or(0),
        )
    };
    Some((micros(user) + micros(system)).as_secs_f64())
}

/// Lines of the exposition format.
#[derive(Default)]
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "gauge", help);
        _ = writeln!(self.0, "{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: impl Display) {
        self.family(name, "counter", help);
        _ = writeln!(self.0, "{name} {value}");
    }

    fn labelled(&mut self, name: &str, label: &str, is: impl Display, value: impl Display) {
        let is = is
            .to_string()
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        _ = writeln!(self.0, "{name}{{{label}=\"{is}\"}} {value}");
    }
}

/// Of the exposition format.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_stands_under_its_type_and_help() {
        let mut relay = magpie_relay::Snapshot::default();
        relay.errors.insert(401, 3);
        relay.refused_by_rule.insert("private use (RFC 1918)", 2);
        let figures = Figures {
            relay,
            crowded_out: 0,
            hub: magpie_hub::Snapshot::default(),
        };
        let text = text(&figures);
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let name = line.split(['{', ' ']).next().unwrap();
            assert!(text.contains(&format!("# TYPE {name} ")), "{line}");
            assert!(text.contains(&format!("# HELP {name} ")), "{line}");
            line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
        }
        assert!(text.contains("magpie_relay_errors_total{code=\"401\"} 3\n"));
        assert!(
            text.contains("magpie_relay_refused_peers_total{rule=\"private use (RFC 1918)\"} 2\n")
        );
        assert!(text.contains("\nprocess_resident_memory_bytes "));
    }

    #[test]
    fn labels_are_quoted() {
        let mut page = Page::default();
        page.labelled("x", "y", "a \"b\" \\ c\n", 1);
        assert_eq!(page.0, "x{y=\"a \\\"b\\\" \\\\ c\\n\"} 1\n");
    }
}
