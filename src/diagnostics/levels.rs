//! Which advice is allowed and which is denied, as a policy or a call says.
//!
//! Owns the precedence. It must not decide what a policy runs: a denied lint fails a check, never a rollback.

use std::collections::BTreeMap;

use super::{Code, Level, Report};

/// What is done with a lint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// It is not reported.
    Allow,
    /// It is reported.
    Warn,
    /// It is an error of the check.
    Deny,
}

/// The settings that differ from the table of codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    /// Of lints that nothing is said of.
    others: Option<Setting>,
    of: BTreeMap<Code, Setting>,
}

impl Levels {
    /// Sets one lint; of two settings the later one counts.
    pub fn set(&mut self, code: Code, setting: Setting) {
        self.of.insert(code, setting);
    }

    /// Sets all that are not set one by one, be it before or after.
    pub fn set_others(&mut self, setting: Setting) {
        self.others = Some(setting);
    }

    /// What was set of one.
    #[must_use]
    pub fn get(&self, code: Code) -> Option<Setting> {
        self.of.get(&code).copied()
    }

    /// What counts when `self` is said of a call and `policy` in the policy. What the call says of one lint stands above
    /// all; what it says of all does not bring back what the policy allows by name.
    fn of(&self, code: Code, policy: &Self) -> Setting {
        let named = self.get(code).or_else(|| policy.get(code).filter(|setting| *setting == Setting::Allow));
        named.or(self.others).or_else(|| policy.get(code)).or(policy.others).unwrap_or(Setting::Warn)
    }

    /// Raises what is denied to an error and drops what is allowed.
    pub fn apply(&self, report: &mut Report) {
        let Report { diagnostics, levels } = report;
        diagnostics.retain_mut(|found| {
            if found.level != Level::Warning {
                return true;
            }
            let setting = self.of(found.code, levels);
            if setting == Setting::Deny {
                found.level = Level::Error;
            }
            setting != Setting::Allow
        });
    }
}

#[cfg(test)]
mod tests {
    use super::{Levels, Setting};
    use crate::diagnostics::Code;

    #[test]
    fn a_call_stands_above_a_policy_and_one_above_all() {
        let (a, b, c) = (Code::UnusedName, Code::NoVerification, Code::RelativeRef);
        let mut policy = Levels::default();
        policy.set(a, Setting::Allow);
        policy.set(b, Setting::Deny);
        let mut call = Levels::default();
        let of = |call: &Levels| [a, b, c].map(|code| call.of(code, &policy));
        assert_eq!(of(&call), [Setting::Allow, Setting::Deny, Setting::Warn]);
        call.set_others(Setting::Deny);
        assert_eq!(of(&call), [Setting::Allow, Setting::Deny, Setting::Deny]);
        call.set(a, Setting::Deny);
        call.set(b, Setting::Allow);
        assert_eq!(of(&call), [Setting::Deny, Setting::Allow, Setting::Deny]);
    }
}
