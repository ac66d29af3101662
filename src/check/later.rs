//! Units that the language names and that this version does not have: what to write meanwhile.
//!
//! They are looked for only where no unit of the name is registered, so an entry that came true does no harm.

/// Families, or single units of a family that is there, with what to write meanwhile.
const LATER: &[(&str, &[&str], &str)] = &[
    ("git", &["revert"], "use `git.restore(paths, from: …)`, or call `exec([\"git\", \"revert\", …])`"),
    ("service", &[], "call `exec([\"systemctl\", \"restart\", \"NAME\"])` with `undo repeat`"),
    ("dns", &[], "ask a program: `exec([\"getent\", \"hosts\", \"NAME\"]).ok`"),
    ("tls", &[], "ask a program: `exec([\"openssl\", …]).stdout`"),
    ("prometheus", &[], "ask its API: `http.get(\"http://prometheus:9090/api/v1/query?query=…\").json`"),
    ("log", &[], "count lines: `file.count(\"app.log\", matching: r\"…\")`"),
    ("kubernetes", &[], KUBECTL),
    ("k8s", &[], KUBECTL),
    ("kubectl", &[], KUBECTL),
    ("helm", &[], "call `exec([\"helm\", …])`, best in an `action` of your own"),
    ("compose", &[], "call `exec([\"docker\", \"compose\", …])`, best in an `action` of your own"),
    ("nginx", &[], "call `exec([\"nginx\", …])`, best in an `action` of your own"),
    ("npm", &[], "call `exec([\"npm\", …])`, best in an `action` of your own"),
    ("terraform", &[], "call `exec([\"terraform\", …])`, best in an `action` of your own"),
    ("approve", &[], "write `approve by ROLE` in the step"),
    ("notify", &[], "write it as an item of the file: `on failure { notify(CHANNEL) }`"),
    ("page", &[], "write it as an item of the file: `on failure { page(CONTACT) }`"),
];

const KUBECTL: &str = "call `exec([\"kubectl\", …])`, best in an `action` of your own";

/// What to write instead of a unit that is not there yet.
pub fn instead(name: &str) -> Option<&'static str> {
    let (family, verb) = name.split_once('.').unwrap_or((name, ""));
    let named = |(of, verbs, _): &&(&str, &[&str], &str)| *of == family && (verbs.is_empty() || verbs.contains(&verb));
    LATER.iter().find(named).map(|(.., instead)| *instead)
}
