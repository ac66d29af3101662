//! The files that a command line starts: its program where it is named by a path, and the script of an interpreter.
//!
//! It guesses nothing: what cannot be told from the words alone is left out.

use std::path::{Component, Path, PathBuf};

/// Programs whose first argument, unless it is a flag, is a script.
const INTERPRETERS: [&str; 11] =
    ["sh", "bash", "dash", "zsh", "python", "python3", "node", "ruby", "perl", "php", "bun"];

/// Of a program with its arguments, run in `cwd`.
pub fn of(argv: &[String], cwd: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Some(program) = argv.first() else { return found };
    if program.contains('/') {
        found.push(at(cwd, program));
    }
    let name = program.rsplit('/').next().unwrap_or(program);
    if INTERPRETERS.contains(&name)
        && let Some(script) = argv.get(1).filter(|word| !word.is_empty() && !word.starts_with('-'))
    {
        found.push(at(cwd, script));
    }
    found
}

/// Of a line for a shell: of each of its commands.
pub fn of_line(line: &str, cwd: &Path) -> Vec<PathBuf> {
    // A `cd` in it moves what follows.
    let commands: Vec<_> = line.split(['&', '|', ';', '\n']).filter_map(shlex::split).collect();
    let stays = commands.iter().take_while(|words| words.first().is_none_or(|word| word != "cd"));
    stays.flat_map(|words| of(words, cwd)).collect()
}

/// The path that a word names, without `.` and what `..` takes back.
fn at(cwd: &Path, word: &str) -> PathBuf {
    let mut path = PathBuf::new();
    for part in cwd.join(word).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(path.pop()),
            part => path.push(part),
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(found: &[PathBuf]) -> Vec<&str> {
        found.iter().filter_map(|path| path.to_str()).collect()
    }

    #[test]
    fn programs_by_path_and_scripts_of_interpreters() {
        let of = |words: &[&str]| of(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), Path::new("/r"));
        assert_eq!(names(&of(&["./bin/../restart", "x"])), ["/r/restart"]);
        assert_eq!(names(&of(&["bash", "ops/up.sh"])), ["/r/ops/up.sh"]);
        assert_eq!(names(&of(&["/usr/bin/python3", "-m", "http.server"])), ["/usr/bin/python3"]);
        assert_eq!(names(&of(&["rm", "old.sh"])), Vec::<&str>::new());
    }

    #[test]
    fn each_command_of_a_line_up_to_where_it_goes_elsewhere() {
        let of = |line| of_line(line, Path::new("/r"));
        assert_eq!(names(&of("./a 'x y' && sh b.sh; echo ok | ./c")), ["/r/a", "/r/b.sh", "/r/c"]);
        assert_eq!(names(&of("./a; cd sub && ./b")), ["/r/a"]);
        assert_eq!(names(&of("echo 'it is")), Vec::<&str>::new());
    }
}
