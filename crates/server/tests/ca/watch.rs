use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::world::{World, have, may_unshare, text};

#[test]
fn an_address_that_appears_is_in_the_leaf_within_ten_seconds_without_a_restart() {
    if !have(&["unshare", "nsenter", "ip", "openssl", "curl"]) || !may_unshare("-n") {
        return;
    }
    let world = World::new();
    let server = Server::start(&world);
    let ca = std::fs::read(world.data().join("ca.pem")).unwrap();
    let enter = |program: &str, arguments: &[&str]| {
        let pid = server.child.id().to_string();
        Command::new("nsenter")
            .args(["-t", &pid, "-n", program])
            .args(arguments)
            .current_dir(&world.top)
            .output()
            .unwrap()
    };
    assert!(!verifies(&world));
    let added = enter("ip", &["address", "add", "10.77.0.1/24", "dev", "lo"]);
    assert!(added.status.success(), "{}", text(&added));
    let from = Instant::now();
    // Three times the promise: tests share their machine.
    while !verifies(&world) {
        assert!(from.elapsed() < Duration::from_secs(30), "not issued anew");
        sleep(Duration::from_millis(100));
    }
    println!("issued anew after {:?}", from.elapsed());
    let url = format!("https://10.77.0.1:{}/health/live", server.port);
    let fetched = enter(
        "curl",
        &["-sS", "--noproxy", "*", "--cacert", "data/ca.pem", &url],
    );
    assert!(fetched.status.success(), "{}", text(&fetched));
    assert_eq!(std::fs::read(world.data().join("ca.pem")).unwrap(), ca);
}

/// Whether openssl finds the new address in the leaf, under the CA.
fn verifies(world: &World) -> bool {
    let mut command = Command::new("openssl");
    command.args([
        "verify",
        "-CAfile",
        "data/ca.pem",
        "-verify_ip",
        "10.77.0.1",
        "data/leaf.pem",
    ]);
    command
        .current_dir(&world.top)
        .output()
        .unwrap()
        .status
        .success()
}

/// The real program in a network of its own.
struct Server {
    child: Child,
    port: String,
}

impl Server {
    fn start(world: &World) -> Self {
        let script = "ip link set lo up && exec \"$0\" --listen 0.0.0.0:0 --data data --turn-secret 'of a test'";
        let mut command = Command::new("unshare");
        command.args(["-n", "sh", "-c", script, env!("CARGO_BIN_EXE_magpie")]);
        command.current_dir(&world.top).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().rsplit(':').next().unwrap().to_owned();
        Self { child, port }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
