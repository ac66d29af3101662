//! The worst case of a plan against each deadline.

use crate::check::analysis;
use crate::check::expand::ExpandedNode;
use crate::check::model::{Environment, Policy};
use crate::check::order::Order;
use crate::check::time;

use super::model::{Deadline, Request, Times};

pub(super) fn of(
    policy: &Policy,
    request: &Request,
    environment: Option<&Environment>,
    nodes: &[ExpandedNode],
    order: &Order,
) -> Times {
    let advisory = environment.is_some_and(|found| found.deadlines_advisory);
    let path = time::critical_path(&analysis::time_nodes(nodes), order, request.jobs.max(1));
    let worst = path.to_mitigation.unwrap_or(path.machine);
    let mut deadlines = Vec::new();
    for severity in &policy.severities {
        let asked = request.severity.as_deref() == Some(&*severity.name.text);
        if let (true, Some((limit, _))) = (asked, severity.within) {
            deadlines.push(Deadline { of: format!("severity {}", severity.name.text), limit, worst, advisory });
        }
    }
    for phase in &policy.phases {
        let runs = nodes.iter().any(|node| node.phase == phase.name.text);
        if let (true, Some((limit, _))) = (runs, phase.within) {
            deadlines.push(Deadline { of: format!("phase {}", phase.name.text), limit, worst: path.machine, advisory });
        }
    }
    let timed = analysis::time_nodes(nodes);
    for (index, node) in nodes.iter().enumerate() {
        let Some(limit) = node.by else { continue };
        let worst = time::latest_end(&timed, order, request.jobs.max(1), index);
        deadlines.push(Deadline { of: format!("step {} by", node.key), limit, worst, advisory });
    }
    Times {
        machine: path.machine,
        people: path.people,
        to_mitigation: path.to_mitigation,
        path: path.path.iter().map(|(index, took)| (nodes[*index].key.to_string(), *took)).collect(),
        deadlines,
    }
}
