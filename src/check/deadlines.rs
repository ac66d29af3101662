//! Deadlines against the worst case, in every environment: what is missed where, told once each.
//!
//! Where an environment says `deadlines advisory`, missing one there is advice.

use std::collections::HashSet;
use std::time::Duration;

use crate::catalogue::show;
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Place;

use super::expand::{Expansion, Selection, Work};
use super::model::{Environment, ExprKind, Policy};
use super::nodes::time_nodes;
use super::order::Order;
use super::time;

/// How many nodes of a chain a deadline's message names.
const CHAIN: usize = 8;

/// A deadline that is missed, and in which of the environments.
struct Miss {
    place: Place,
    message: String,
    label: String,
    help: &'static str,
    environments: Vec<usize>,
}

/// What was found so far.
#[derive(Default)]
pub struct Missed {
    found: Vec<Miss>,
}

impl Missed {
    /// Compares a run of one phase with its deadlines, in these of the policy's environments (by number; one more than the
    /// last stands for none).
    pub fn compare(
        &mut self,
        policy: &Policy,
        selection: &Selection,
        expansion: &Expansion,
        order: &Order,
        environments: &[usize],
    ) {
        // Enough jobs: with fewer it can only be longer, and the plan, which knows them, says so.
        let path = time::critical_path(&time_nodes(&expansion.nodes), &expansion.alternatives, order, usize::MAX);
        let chain = |limit: Duration| {
            let mut links: Vec<_> = path.path.iter().filter(|(_, took)| !took.is_zero()).collect();
            links.sort_by_key(|(_, took)| std::cmp::Reverse(*took));
            let shown: HashSet<usize> = links.iter().take(CHAIN).map(|(index, _)| *index).collect();
            let text: Vec<_> = path
                .path
                .iter()
                .filter(|(index, _)| shown.contains(index))
                .map(|(index, took)| format!("{} {}", expansion.nodes[*index].key, length(*took)))
                .collect();
            let others: Vec<String> = path
                .otherwise
                .iter()
                .take(CHAIN)
                .map(|(which, took)| {
                    format!(" + otherwise of `{}` {}", expansion.alternatives[*which].stage, length(*took))
                })
                .collect();
            let others = others.concat();
            let more = links.len().saturating_sub(CHAIN);
            let rest = if more > 0 { format!(" + {more} shorter ones") } else { String::new() };
            format!("{}{rest}{others} against {}", text.join(" + "), length(limit))
        };
        let phase_name = selection.phases.first().map(String::as_str).unwrap_or_default();
        if let Some(name) = &selection.severity
            && let Some(severity) = policy.severities.iter().find(|found| *found.name.text == **name)
            && let Some((limit, place)) = severity.within
        {
            let worst = path.to_mitigation.unwrap_or(path.machine);
            if worst > limit {
                let worst = length(worst);
                self.add(Miss {
                    place,
                    message: format!("`{phase_name}` may take {worst}, longer than severity `{name}` allows"),
                    label: chain(limit),
                    help: "give the longest links a shorter `timeout` or `within`, mark steps `graceful`, or allow more \
                           time",
                    environments: environments.to_vec(),
                });
            }
        }
        let Some(phase) = policy.phases.iter().find(|phase| *phase.name.text == *phase_name) else { return };
        if let Some((limit, place)) = phase.within
            && path.machine > limit
        {
            self.add(Miss {
                place,
                message: format!("phase `{phase_name}` may take {}", length(path.machine)),
                label: chain(limit),
                help: "give the longest links a shorter `timeout` or `within`, or allow more time",
                environments: environments.to_vec(),
            });
        }
        self.promises(expansion, order, environments);
        for node in &expansion.nodes {
            let Work::Step(step) = &node.work else { continue };
            let Some(ExprKind::Const(limit)) = step.clauses.within.as_ref().map(|limit| &limit.kind) else {
                continue;
            };
            let (Some(limit), Some(expr)) = (limit.as_duration(), &step.clauses.within) else { continue };
            if node.worst > limit {
                self.add(Miss {
                    place: expr.place,
                    message: format!("step `{}` may take {}", node.key, length(node.worst)),
                    label: format!("{} against {}", length(node.worst), length(limit)),
                    help: "give it a shorter `timeout`, fewer retries, or a longer `within`",
                    environments: environments.to_vec(),
                });
            }
        }
    }

    /// `by` of steps: it counts from the start of the run, so that what stands before them is part of it.
    fn promises(&mut self, expansion: &Expansion, order: &Order, environments: &[usize]) {
        let nodes = time_nodes(&expansion.nodes);
        for (index, node) in expansion.nodes.iter().enumerate() {
            let Work::Step(step) = &node.work else { continue };
            let (Some(limit), Some(by)) = (node.by, &step.clauses.by) else { continue };
            let worst = time::latest_end(&nodes, &expansion.alternatives, order, usize::MAX, index);
            if worst > limit {
                self.add(Miss {
                    place: by.place,
                    message: format!("step `{}` may end {} after the start of the run", node.key, length(worst)),
                    label: format!("{} against {}", length(worst), length(limit)),
                    help: "give it and what stands before it a shorter `timeout`, move it up, or allow more time",
                    environments: environments.to_vec(),
                });
            }
        }
    }

    fn add(&mut self, miss: Miss) {
        let same = |known: &&mut Miss| (known.place, &known.label) == (miss.place, &miss.label);
        match self.found.iter_mut().find(same) {
            Some(known) => {
                for environment in miss.environments {
                    if !known.environments.contains(&environment) {
                        known.environments.push(environment);
                    }
                }
            }
            None => self.found.push(miss),
        }
    }

    /// The reports: one for each deadline that is missed, in the environments where it counts.
    pub fn reports(self, policy: &Policy, contexts: usize) -> Vec<Diagnostic> {
        let advisory = |index: &usize| policy.environments.get(*index).is_some_and(|found| found.deadlines_advisory);
        let mut reports = Vec::new();
        let mut refused = HashSet::new();
        let mut advised = Vec::new();
        for miss in self.found {
            let strict: Vec<usize> = miss.environments.iter().copied().filter(|index| !advisory(index)).collect();
            if strict.is_empty() {
                advised.push(miss);
            } else if refused.insert(miss.place) {
                let named = if strict.len() == contexts { String::new() } else { named(policy, &strict) };
                reports.push(
                    Diagnostic::new(Code::DeadlineMissed, miss.place, format!("{}{named}", miss.message))
                        .label(miss.label)
                        .help(miss.help),
                );
            }
        }
        for miss in advised.into_iter().filter(|miss| refused.insert(miss.place)) {
            let named = named(policy, &miss.environments);
            reports.push(
                Diagnostic::new(Code::AdvisoryMissed, miss.place, format!("{}{named}", miss.message))
                    .label(miss.label)
                    .help("deadlines are advisory there, so this is no error"),
            );
        }
        reports
    }
}

/// The environments in words: in environment `staging`.
fn named(policy: &Policy, environments: &[usize]) -> String {
    let name = |found: Option<&Environment>| match found {
        Some(environment) => format!("in environment `{}`", environment.name.text),
        None => "without an environment".to_owned(),
    };
    let names: Vec<_> = environments.iter().map(|index| name(policy.environments.get(*index))).collect();
    format!(" {}", names.join(", "))
}

fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}
