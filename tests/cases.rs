//! The Markdown cases under `tests/cases`, one test per folder. `tests/cases/README.md` says how they are written.

use crate::support::case::run_folder;
use crate::support::{Sandbox, none_wrong, project};

macro_rules! folders {
    ($($name:ident)*) => {
        const FOLDERS: &[&str] = &[$(stringify!($name)),*];

        $(#[test]
        fn $name() {
            run_folder(&project().join("tests/cases").join(stringify!($name)));
        })*
    };
}

folders! { check diagnose diff doc fmt init plan run std undo }

/// The pages of the standard modules are cases themselves: their examples are run.
#[test]
fn std_modules() {
    run_folder(&project().join("docs/std"));
}

#[test]
fn every_std_module_has_a_page_passes_check_and_is_formatted() {
    let modules = rbk::check::imports::STD.iter().map(|(name, _)| format!("docs/std/{name}.md"));
    none_wrong("modules without a page", &modules.filter(|page| !project().join(page).exists()).collect::<Vec<_>>());
    for (_, text) in rbk::check::imports::STD {
        let sandbox = Sandbox::new().file("module.rbk", *text);
        sandbox.run(["check", "--deny", "warnings", "module.rbk"]).exits(0);
        sandbox.run(["fmt", "--check", "module.rbk"]).exits(0);
    }
}

#[test]
fn every_folder_of_cases_is_run() {
    let entries = std::fs::read_dir(project().join("tests/cases")).expect("there are cases");
    let folders = entries.filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let names = folders.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let forgotten: Vec<String> = names.filter(|name| !FOLDERS.contains(&name.as_str())).collect();
    none_wrong("folders of cases that no test runs", &forgotten);
}
