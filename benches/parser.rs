//! The parser on a policy of a million lines: lines a second on one core and on all, and peak memory per source byte.

mod support;

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rbk::diagnostics::Report;
use rbk::source::{FileId, SourceFile};
use rbk::syntax::{ast::Tree, format, parse};

const LINES: usize = 1_000_000;

/// Set in a child process: the policy file that it parses once, to say how much memory that took.
const CHILD: &str = "RBK_BENCH_PARSE";

fn parsed(source: &SourceFile) -> Tree {
    let mut report = Report::default();
    let tree = parse(FileId(0), source, &mut report);
    assert!(report.diagnostics.is_empty(), "{:?}", report.diagnostics.first());
    tree
}

fn parser(criterion: &mut Criterion) {
    if let Some(path) = std::env::var_os(CHILD) {
        measure_memory(std::path::Path::new(&path));
        std::process::exit(0);
    }
    let source = SourceFile::new("generated.rbk", support::policy(LINES));
    peak_of_child(&source.text);
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

/// Parses in a child process, so that neither the generator nor criterion counts.
fn peak_of_child(text: &str) {
    let file = std::env::temp_dir().join(format!("rbk-bench-{}.rbk", std::process::id()));
    std::fs::write(&file, text).expect("the temporary folder can be written");
    let exe = std::env::current_exe().expect("the bench has a path");
    let status = std::process::Command::new(exe).arg("--bench").env(CHILD, &file).status();
    let _ = std::fs::remove_file(&file);
    assert!(status.is_ok_and(|status| status.success()), "the child failed");
}

fn measure_memory(path: &std::path::Path) {
    let before = memory("VmRSS:");
    let source = SourceFile::new(path, std::fs::read_to_string(path).expect("the parent wrote it"));
    let with_source = memory("VmRSS:");
    let tree = parsed(&source);
    let peak = memory("VmHWM:");
    let bytes = source.text.len() as f64;
    println!(
        "memory: {:.1} MB of source, {} lines, {} items: peak {:.1} MB = {:.2} bytes per source byte with the source, {:.2} without",
        bytes / 1e6,
        source.line_count(),
        tree.items.len(),
        (peak - before) / 1e6,
        (peak - before) / bytes,
        (peak - with_source) / bytes,
    );
    std::mem::forget(tree); // freeing it would only take time
}

/// A figure of `/proc/self/status`, in bytes; 0 where there is none.
fn memory(field: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    line.and_then(|line| line.split_whitespace().next()).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

criterion_group!(benches, parser);
criterion_main!(benches);
