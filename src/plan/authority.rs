//! Who may start a run: roles with `may start up to SEVERITY` and `may emergency`, and severities that start after an
//! approval.
//!
//! An operator is a claim, not a proof, so this keeps people from mistakes, not from lies. Where no role speaks of
//! starting, nobody is refused.

use std::time::Duration;

use crate::check::expand::APPROVAL;
use crate::check::model::{Member, Policy, Role, Severity, Start};

use super::model::Request;

/// Who has to agree before a run starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The severity that asks for it.
    pub severity: String,
    /// The role.
    pub by: String,
    /// How long the answer may take.
    pub within: Duration,
}

/// Why an operator may not start a run, and who may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// The approval that a run of `request` starts after.
#[must_use]
pub fn approval(policy: &Policy, request: &Request) -> Option<Approval> {
    let severity = severity(policy, request)?;
    let Start::AfterApproval { by, within } = &severity.start else { return None };
    Some(Approval { severity: severity.name.text.to_string(), by: by.to_string(), within: within.unwrap_or(APPROVAL) })
}

/// Whether `operator` may not start a run of `request`. Without an operator there is nobody to compare.
#[must_use]
pub fn refusal(policy: &Policy, request: &Request, operator: Option<&str>) -> Option<Refusal> {
    let operator = operator?;
    let refused = |what: String, may: &dyn Fn(&Role) -> bool| {
        (!policy.roles.iter().any(|role| may(role) && has(role, operator))).then(|| Refusal {
            what: format!("operator `{operator}` may not {what}: no role of theirs says so"),
            hint: who(policy, may),
        })
    };
    let started = match severity(policy, request) {
        _ if !policy.roles.iter().any(|role| role.may_start_up_to.is_some()) => None,
        Some(severity) => refused(format!("start severity `{}`", severity.name.text), &|role| {
            role.may_start_up_to.as_deref().is_some_and(|most| reaches(policy, most, severity))
        }),
        None => refused("start a run".to_owned(), &|role| role.may_start_up_to.is_some()),
    };
    let emergency = request.emergency && policy.roles.iter().any(|role| role.may_emergency);
    started
        .or_else(|| emergency.then(|| refused("declare an emergency".to_owned(), &|role| role.may_emergency)).flatten())
}

/// Whether a role says who may start a run of `request`, so that a run without an operator leaves that open.
#[must_use]
pub fn speaks(policy: &Policy, request: &Request) -> bool {
    policy.roles.iter().any(|role| role.may_start_up_to.is_some() || request.emergency && role.may_emergency)
}

fn severity<'p>(policy: &'p Policy, request: &Request) -> Option<&'p Severity> {
    let name = request.severity.as_deref()?;
    policy.severities.iter().find(|found| &*found.name.text == name)
}

/// Whether `severity` is `most` or less severe. The most severe one stands first.
fn reaches(policy: &Policy, most: &str, severity: &Severity) -> bool {
    let at = |name: &str| policy.severities.iter().position(|found| &*found.name.text == name);
    at(most).is_some_and(|most| at(&severity.name.text).is_some_and(|at| at >= most))
}

/// Who holds a key has to prove it, which a name does not.
fn has(role: &Role, operator: &str) -> bool {
    role.members.iter().any(|member| matches!(member, Member::Name(name) if name == operator))
}

fn who(policy: &Policy, may: &dyn Fn(&Role) -> bool) -> String {
    let roles: Vec<String> = policy
        .roles
        .iter()
        .filter(|role| may(role))
        .map(|role| {
            let names = role.members.iter().filter_map(|member| match member {
                Member::Name(name) => Some(name.as_str()),
                Member::Key(_) => None,
            });
            let names: Vec<_> = names.collect();
            if names.is_empty() {
                format!("`{}`", role.name.text)
            } else {
                format!("`{}` ({})", role.name.text, names.join(", "))
            }
        })
        .collect();
    if roles.is_empty() {
        return "no role of the policy may: give one `may start up to …`, and review that change".to_owned();
    }
    format!("{} may: one of them runs it, and says so with `--operator NAME`", roles.join(" and "))
}
