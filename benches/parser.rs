//! The parser on a policy of a million lines: lines a second on one core and on all, and peak memory per source byte.
//! `parser.sh` asks it for figures; called by `cargo bench`, criterion measures.

mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group};
use rbk::diagnostics::Report;
use rbk::source::{FileId, SourceFile};
use rbk::syntax::{ast::Tree, format, parse};

const LINES: usize = 1_000_000;

/// Names the file that a policy of `RBK_BENCH_LINES` lines is written to; nothing is measured then.
const WRITE: &str = "RBK_BENCH_WRITE";

/// Names the policy file that is parsed in this process alone. `benches/parser.sh` reads the line of figures it prints.
const PARSE: &str = "RBK_BENCH_PARSE";

fn parsed(source: &SourceFile) -> Tree {
    let mut report = Report::default();
    let tree = parse(FileId(0), source, &mut report);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics.first());
    tree
}

fn parser(criterion: &mut Criterion) {
    let source = SourceFile::new("generated.rbk", support::policy(LINES));
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    let mut group = criterion.benchmark_group("parse");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.throughput(Throughput::Elements(source.line_count() as u64));
    group.bench_function("a million lines, one core", |bencher| {
        bencher.iter_with_large_drop(|| one_core.install(|| parsed(&source)));
    });
    group.bench_function("a million lines, all cores", |bencher| bencher.iter_with_large_drop(|| parsed(&source)));
    group.finish();

    let small = SourceFile::new("small.rbk", support::policy(60));
    let mut group = criterion.benchmark_group("small");
    group.throughput(Throughput::Elements(small.line_count() as u64));
    group.bench_function("parse sixty lines", |bencher| bencher.iter(|| parsed(&small)));
    let tree = parsed(&small);
    group.bench_function("format sixty lines", |bencher| bencher.iter(|| format(&small, &tree)));
    group.finish();
}

/// Parses once for the memory, then on one core and on all for the time; prints lines, bytes, seconds on one core, on all,
/// for counting the lines, and the peak of source and tree together in bytes. Neither the generator nor criterion counts.
fn measure(path: &std::path::Path) {
    let before = memory("VmRSS:");
    let source = SourceFile::new(path, std::fs::read_to_string(path).expect("the policy was written before"));
    let tree = parsed(&source);
    let peak = memory("VmHWM:") - before;
    let counted = seconds(|| source.text.bytes().filter(|byte| *byte == b'\n').count());
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
    drop(tree);
    let one = seconds(|| one_core.install(|| parsed(&source)));
    let all = seconds(|| parsed(&source));
    println!("{} {} {one:.6} {all:.6} {counted:.6} {peak:.0}", source.line_count(), source.text.len());
}

/// How long `work` takes, without what freeing its result takes.
fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let clock = std::time::Instant::now();
    let result = std::hint::black_box(work());
    let took = clock.elapsed().as_secs_f64();
    drop(result);
    took
}

/// A figure of `/proc/self/status`, in bytes; 0 where there is none.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

criterion_group!(benches, parser);

fn main() {
    if let Some(path) = std::env::var_os(WRITE) {
        let lines = std::env::var("RBK_BENCH_LINES").ok().and_then(|lines| lines.parse().ok()).unwrap_or(LINES);
        std::fs::write(path, support::policy(lines)).expect("the policy can be written");
    } else if let Some(path) = std::env::var_os(PARSE) {
        measure(std::path::Path::new(&path));
    } else {
        benches();
        Criterion::default().configure_from_args().final_summary();
    }
}
