//! Figures, not tests: run by hand with `--ignored --nocapture`; `benches/` has the ones that are quoted.

use super::rig::{Rig, step};
use crate::catalogue::value::Value;

#[test]
#[ignore = "a measurement"]
fn five_thousand_steps() {
    let rig = Rig::new();
    let count = 5_000;
    let names: Vec<String> = (0..count).map(|i| format!("s{i}")).collect();
    let works = names.iter().map(|name| {
        let call = rig.call("exec", &[("argv", Value::list([Value::str("/bin/true")]))]);
        (name.as_str(), step(rig.step(name, vec![call])))
    });
    let mut plan = rig.plan(works.collect());
    for (index, node) in (0..).zip(&mut plan.nodes) {
        node.member = Some(crate::check::expand::Member { block: 1, index });
    }
    let clock = std::time::Instant::now();
    let ended = rig.run(plan);
    let took = clock.elapsed();
    println!("{}: {:?} a step", ended.outcome.word(), took / count);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM")).unwrap());
}
