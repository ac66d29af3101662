//! Units that the language names and that this version does not have: what to write meanwhile.
//!
//! They are looked for only where no unit of the name is registered, so an entry that came true does no harm.

/// Families, or single units of a family that is there, with what to write meanwhile.
const LATER: &[(&str, &[&str], &str)] = &[
    ("snapshot", &[], "use `file.copy(…)` or `file.archive(…)`"),
    ("approve", &[], "write `approve by ROLE` in the step"),
    ("notify", &[], "write it as an item of the file: `on failure { notify(CHANNEL) }`"),
    ("page", &[], "write it as an item of the file: `on failure { page(CONTACT) }`"),
];

/// What to write instead of a unit that is not there yet.
pub fn instead(name: &str) -> Option<&'static str> {
    let (family, verb) = name.split_once('.').unwrap_or((name, ""));
    let named = |(of, verbs, _): &&(&str, &[&str], &str)| *of == family && (verbs.is_empty() || verbs.contains(&verb));
    LATER.iter().find(named).map(|(.., instead)| *instead)
}
