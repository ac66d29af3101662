//! The laws of the formatter: the same tree, every comment, and nothing left to change.

use super::{ATOMOS, parsed};
use crate::syntax::{format, same};

#[track_caller]
fn formatted(text: &str) -> String {
    let (source, tree, report) = parsed(text);
    assert!(report.diagnostics.is_empty(), "{text}\n{:?}", report.diagnostics);
    let out = format(&source, &tree).unwrap_or_else(|error| panic!("{error}:\n{text}"));
    let (again, again_tree, report) = parsed(&out);
    assert!(report.diagnostics.is_empty(), "{out}\n{:?}", report.diagnostics);
    assert!(same(&source, &tree, &again, &again_tree), "another tree:\n{out}");
    assert_eq!(tree.comments.len(), again_tree.comments.len(), "{out}");
    assert_eq!(format(&again, &again_tree).as_deref(), Ok(out.as_str()), "not stable");
    out
}

#[test]
fn the_worked_example() {
    let out = formatted(ATOMOS);
    for line in [
        "severity critical \"Execute within 30 seconds\" { within 1m; start automatically; skip graceful }",
        "  let good = git.commit_of(\"HEAD~1\")  # pinned when planned: running twice goes back once",
        "let engine = [\n  \"server/services/unified-financial-engine.ts\",",
        "severity high \"Planned, with validation\" {\n  within 15m\n  start after approval(by: operators, within: 10m)\n}",
    ] {
        assert!(out.contains(line), "{line} is not in\n{out}");
    }
    assert!(out.lines().all(|line| line.chars().count() <= 100 || line.contains('#')));
}

#[test]
fn every_form() {
    formatted(include_str!("forms.rbk"));
}

#[test]
fn blanks_and_empty_lines() {
    let text = "\n\n\nlet   a=1;let b = [ 1,2 ,3, ]\n\n\n\n# note\n\nphase p{step s{f( a:1 )};}\n\n";
    assert_eq!(formatted(text), "let a = 1\nlet b = [1, 2, 3]\n\n# note\n\nphase p { step s { f(a: 1) } }\n");
}

#[test]
fn comments_stay_where_they_are() {
    let text = "\
# first
phase p {  # opens
  # before a
  step a {
    f(
      x,  # why x
      # before y
      y,
      # last
    )
    # at the end
  }  # closes a
  let m = {
    a: 1  # one
    # two
    b: 2
  }
}
# last
";
    assert_eq!(formatted(text), text);
}

#[test]
fn a_comment_that_nothing_can_hold_moves_in_front() {
    assert_eq!(formatted("let a = 1 +  # one\n  2 # two\n"), "# one\nlet a = 1 + 2  # two\n");
}

#[test]
fn long_lines_break_at_their_outermost_bracket() {
    let name = "a_rather_long_name_of_a_value";
    let text = format!("let x = f({name}, {name}, {name}, {name})\n");
    assert_eq!(formatted(&text), format!("let x = f(\n{})\n", format!("  {name},\n").repeat(4)));
    let text = format!("let x = {name} + {name} + {name} + {name}\n");
    assert_eq!(formatted(&text), format!("let x = {name}\n  + {name}\n  + {name}\n  + {name}\n"));
    let text = format!("phase p {{\n  step s {{ exec([\"{name}\", \"{name}\", \"{name}\"]) }}\n}}\n");
    assert!(formatted(&text).contains("step s {\n    exec(["), "{}", formatted(&text));
}

/// The policies with a comment or an empty line put before, or a comment behind, each of their lines in turn, and with
/// each of their lines made too long.
#[test]
fn variants_keep_the_laws() {
    for policy in [ATOMOS, include_str!("forms.rbk")] {
        let lines: Vec<&str> = policy.lines().collect();
        for number in 0..lines.len() {
            let variants: [fn(&str) -> String; 4] = [
                |line| format!("# note\n{line}"),
                |line| format!("\n\n\n{line}"),
                |line| format!("{line} # note"),
                |line| line.replacen('(', "(  a_name_that_makes_this_line_much_longer_than_a_line_should_ever_be, ", 1),
            ];
            for variant in variants {
                let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
                lines[number] = variant(&lines[number]);
                let text = lines.join("\n");
                if parsed(&text).2.diagnostics.is_empty() {
                    formatted(&text);
                }
            }
        }
    }
}
