//! Times of the state machine alone: `cargo bench -p magpie-relay --bench packets`.
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on should stop"
)]

mod lab;

use criterion::{Criterion, criterion_group, criterion_main};

use lab::{Lab, bare_allocate, binding, to_next, to_outside};

criterion_group!(benches, packets, requests);
criterion_main!(benches);

fn packets(criterion: &mut Criterion) {
    for allocations in [16, 5_000] {
        let mut group = criterion.benchmark_group(format!("{allocations} allocations"));
        let mut lab = Lab::new(allocations);
        let mut index = 0;
        // A step that visits all of them, in no order that a cache could follow.
        let mut next = move || {
            index = (index + 7919) % allocations;
            index
        };
        let (outside, other) = (to_outside(1200), to_next(1200));
        group.bench_function("client to peer", |b| {
            b.iter(|| lab.client_sends(next(), &outside));
        });
        group.bench_function("peer to client", |b| {
            b.iter(|| lab.peer_sends(next(), &outside));
        });
        group.bench_function("client to client", |b| {
            b.iter(|| lab.client_sends(next(), &other));
        });
    }
}

fn requests(criterion: &mut Criterion) {
    let mut lab = Lab::new(1);
    let (binding, allocate) = (binding(), bare_allocate());
    criterion.bench_function("Binding", |b| b.iter(|| lab.client_sends(0, &binding)));
    criterion.bench_function("Allocate, challenged", |b| {
        b.iter(|| lab.client_sends(0, &allocate));
    });
}
