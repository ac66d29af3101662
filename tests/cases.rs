//! The Markdown cases under `tests/cases`, one test per folder. `tests/cases/README.md` says how they are written.

use crate::support::case::run_folder;
use crate::support::{none_wrong, project};

macro_rules! folders {
    ($($name:ident)*) => {
        const FOLDERS: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            run_folder(&project().join("tests/cases").join(stringify!($name)));
        })*
    };
}

folders! { check doc fmt plan run undo }

#[test]
fn every_folder_of_cases_is_run() {
    let entries = std::fs::read_dir(project().join("tests/cases")).expect("there are cases");
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let forgotten: Vec<String> = names.filter(|name| !FOLDERS.contains(&name.as_str())).collect();
    none_wrong("folders of cases that no test runs", &forgotten);
}
