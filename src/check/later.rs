//! Units that the language names and that this version does not have: what to write meanwhile.
//!
//! They are looked for only where no unit of the name is registered, so an entry that came true does no harm.

const LATER: &[(&str, &str)] = &[
    ("approve", "write `approve by ROLE` in the step"),
    ("notify", "write it as an item of the file: `on failure { notify(CHANNEL) }`"),
    ("page", "write it as an item of the file: `on failure { page(CONTACT) }`"),
];

/// What to write instead of a unit that is not there yet.
pub fn instead(name: &str) -> Option<&'static str> {
    LATER.iter().find(|(later, _)| *later == name).map(|(_, instead)| *instead)
}
