//! The case runner is itself believed only as far as this goes. Nothing here needs `rbk`.

use super::case::Case;
use super::markdown::{blocks, title};

const PAGE: &str = r"# A page

Some words.

```text file=greeting.txt
hello
there
```

```console
$ cat greeting.txt
hello
...
$ sh -c 'echo out; echo err >&2; exit 3' 2>/dev/null
? 3
out
$ remember
$ sh -c 'echo more >> greeting.txt'
$ compare
? 1
greeting.txt: content (12 bytes became 17), time [..]
```
";

#[test]
fn a_page_that_tells_the_truth_passes_and_stays_as_it_is() {
    let (page, wrong) = Case::read(PAGE).expect("the page is well formed").run();
    assert_eq!(wrong, Vec::<String>::new());
    assert_eq!(page, PAGE);
}

#[test]
fn a_page_that_lies_is_shown_with_its_line_and_mended() {
    let lie = PAGE.replace("hello\n...", "goodbye").replace("? 3", "? 4");
    let (page, wrong) = Case::read(&lie).expect("the page is well formed").run();
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].starts_with("line 11: $ cat greeting.txt\n"), "{}", wrong[0]);
    assert!(wrong[0].contains("-goodbye\n") && wrong[0].contains("+hello\n"), "{}", wrong[0]);
    assert!(wrong[1].contains("exit code 3 instead of 4"), "{}", wrong[1]);
    assert_eq!(page, PAGE.replace("hello\n...", "hello\nthere"));
    assert_eq!(Case::read(&page).expect("a mended page is well formed").run().1, Vec::<String>::new());
}

#[test]
fn what_belongs_to_the_sandbox_is_named_by_placeholders() {
    let page = "# Where\n\n```console\n$ pwd\nelsewhere\n```\n";
    let (mended, _) = Case::read(page).expect("the page is well formed").run();
    assert_eq!(mended, page.replace("elsewhere", "[ROOT]"));
}

#[test]
fn files_and_commands_are_taken_in_the_order_of_the_page() {
    let page = "# Order\n\n```text file=a\none\n```\n\n```console\n$ cat a\none\n```\n\n```text file=a\ntwo\n```\n\n\
                ```console\n$ cat a\ntwo\n```\n";
    assert_eq!(Case::read(page).expect("the page is well formed").run().1, Vec::<String>::new());
}

#[test]
fn a_served_page_is_really_served() {
    if let Some(program) = super::skip::missing(["curl"]) {
        return super::skip::skip(&format!("there is no `{program}`"));
    }
    let page = "# Served\n\n```serve\n/ok 200 {\"ok\":true}\n```\n\n```console\n\
                $ curl -s http://127.0.0.1:[PORT]/ok\n{\"ok\":true}\n```\n";
    assert_eq!(Case::read(page).expect("the page is well formed").run().1, Vec::<String>::new());
}

#[test]
fn a_page_without_title_or_command_is_refused() {
    let refusal = |page: &str| Case::read(page).expect_err("the page is not well formed");
    assert!(refusal("words\n").contains("no title"));
    assert!(refusal("# T\n").contains("runs nothing"));
    assert!(refusal("# T\n\n```console\nwords\n```\n").contains("line 4"));
    assert!(refusal("# T\n\n```rust\nlet x;\n```\n").contains("line 3"));
}

#[test]
fn blocks_carry_language_marks_text_and_place() {
    let found = blocks("a\n```rbk,error\nx\n```\n````md\n```\ny\n```\n````\n```text file=a/b.txt\nz\n");
    assert_eq!(found.len(), 3);
    assert!(found[0].language == "rbk" && found[0].is("error") && found[0].text == "x\n" && found[0].line == 2);
    assert_eq!(found[1].text, "```\ny\n```\n");
    assert_eq!(found[2].value("file"), Some("a/b.txt"));
    assert_eq!(title("x\n# The title\n"), Some("The title"));
    assert_eq!(title("## Not a title\n"), None);
}
