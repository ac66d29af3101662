//! Tests and cases that cannot run here say so by name. `tests/run` reads the register and prints it last.

use std::io::Write;
use std::path::PathBuf;

/// Notes that the running test is skipped, and why. The caller returns at once: `return skip("there is no `git`");`.
pub fn skip(reason: &str) {
    let thread = std::thread::current();
    note("test", thread.name().unwrap_or("unnamed"), reason);
}

/// Notes that one case of the running test is skipped, and why.
pub fn skip_case(case: &str, reason: &str) {
    note("case", case, reason);
}

/// The register is the file named by `RBK_SKIPS`, a line `test NAME: reason` or `case NAME: reason` each. Any test
/// may write to it, unit tests too; without it the line goes to stderr only.
fn note(kind: &str, name: &str, reason: &str) {
    let line = format!("{kind} {name}: {reason}\n");
    eprint!("skipped {line}");
    if let Some(register) = std::env::var_os("RBK_SKIPS") {
        // One short write in append mode: tests of one process and of several do not mix their lines.
        let file = std::fs::OpenOptions::new().create(true).append(true).open(&register);
        let written = file.and_then(|mut file| file.write_all(line.as_bytes()));
        written.unwrap_or_else(|error| panic!("cannot write the register {}: {error}", register.display()));
    }
}

/// The first of `programs` that is not installed.
pub fn missing<'a>(programs: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    programs.into_iter().find(|program| find(program).is_none())
}

/// Where `program` is found on `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}
