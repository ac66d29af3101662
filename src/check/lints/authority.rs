//! W6059, W6060, W6067, W6068: severities and roles that no run can make use of.

use crate::check::model::{Policy, PreflightItem, Start, When};
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, policy: &Policy, advice: &mut Advice<'_>) {
    nobody_may_start(policy, advice);
    unused_roles(all, policy, advice);
    let graceful = all.steps.iter().any(|step| step.clauses.graceful);
    for severity in policy.severities.iter().filter(|severity| severity.skip_graceful && !graceful) {
        let name = &severity.name.text;
        advice.push(
            Diagnostic::new(Code::NothingGraceful, severity.name.place, format!("`{name}` has nothing to skip"))
                .label("no step is marked `graceful`")
                .help("mark the steps that can be left out with `graceful`, or leave `skip graceful` out"),
        );
    }
    if policy.severities.iter().all(|severity| severity.within.is_none()) {
        let steps = all.steps.iter().filter(|step| step.clauses.mitigates).map(|step| step.name.place);
        let verifies = all.uses.iter().filter(|used| used.mitigates).map(|used| used.place);
        for place in steps.chain(verifies) {
            advice.push(
                Diagnostic::new(Code::NoDeadlineToMeet, place, "`mitigates` meets no deadline")
                    .label("no severity has a `within`")
                    .help("say how long a run may take, `severity critical { within 5m; start by hand }`; or leave it out"),
            );
        }
    }
}

/// Where roles say who may start, a severity above all of them has nobody.
fn nobody_may_start(policy: &Policy, advice: &mut Advice<'_>) {
    let at = |name: &str| policy.severities.iter().position(|severity| &*severity.name.text == name);
    let said: Vec<_> = policy.roles.iter().filter(|role| role.may_start_up_to.is_some()).collect();
    if said.is_empty() {
        return;
    }
    let most = said.iter().filter(|role| !role.members.is_empty());
    let most = most.filter_map(|role| at(role.may_start_up_to.as_deref()?)).min();
    for (index, severity) in policy.severities.iter().enumerate() {
        let by_person = matches!(severity.start, Start::ByHand | Start::AfterApproval { .. });
        if by_person && most.is_none_or(|most| index < most) {
            let name = &severity.name.text;
            advice.push(
                Diagnostic::new(Code::NobodyMayStart, severity.name.place, format!("nobody may start `{name}`"))
                    .label("above what any role with members may start")
                    .also(said[0].name.place, "since roles say who may, all others may not")
                    .help(format!("give a role with members `may start up to {name}`")),
            );
        }
    }
}

fn unused_roles(all: &Everything<'_>, policy: &Policy, advice: &mut Advice<'_>) {
    let mut named: Vec<&str> =
        all.steps.iter().filter_map(|step| Some(&*step.clauses.approve_by.as_ref()?.text)).collect();
    for severity in &policy.severities {
        if let Start::AfterApproval { by, .. } = &severity.start {
            named.push(by);
        }
    }
    for rule in policy.watching.triggers.iter().flat_map(|trigger| &trigger.rules) {
        if let When::ByHand(Some(role)) = &rule.when {
            named.push(&role.text);
        }
    }
    for item in policy.around.preflight.iter().flat_map(|preflight| &preflight.items) {
        if let PreflightItem::Confirm(confirm) = item {
            named.push(&confirm.by.text);
        }
    }
    for role in &policy.roles {
        let may = role.may_start_up_to.is_some() || role.may_approve || role.may_emergency;
        let name = &role.name.text;
        if !may && !named.contains(&&**name) && !name.starts_with('_') {
            advice.push(
                Diagnostic::new(Code::UnusedRole, role.name.place, format!("the role `{name}` has nothing to say"))
                    .label("may nothing, and is named nowhere")
                    .help("add `may start up to SEVERITY`, `may approve` or `may emergency`, or leave it out"),
            );
        }
    }
}
