//! The pages of the codes of checking, executed: the first block triggers the code and nothing else, the second nothing.

use super::support::checked;
use crate::diagnostics::Code;

/// The codes that checking reports and whose pages are written beside it.
const CODES: &[&str] = &[
    "E0101", "E0102", "E0103", "E0104", "E0105", "E0106", "E0107", "E0108", "E0109", "E0110", "E0111", "E0113",
    "E0114", "E0201", "E0202", "E0203", "E0204", "E0205", "E0206", "E0207", "E0208", "E0209", "E0210", "E0211",
    "E0212", "E0213", "E0305", "E0501", "E0502", "E0503", "E0505", "W6001", "W6005",
];

#[test]
fn pages_trigger_and_mend() {
    for number in CODES {
        let page = Code::parse(number).expect("the code is in the table").page();
        assert!(page.starts_with(&format!("# {number}: ")), "{number}");
        let mut blocks = page.split("```").skip(1).step_by(2);
        let (wrong, right) = (blocks.next().expect("an example"), blocks.next().expect("a mended one"));
        let wrong = wrong.strip_prefix("rbk,error\n").expect("the first block is refused");
        let right = right.strip_prefix("rbk\n").expect("the second is not");
        let codes = |text| checked(text).1.iter().map(|found| found.code.number()).collect::<Vec<_>>();
        assert_eq!(codes(wrong), [*number], "{number}\n{wrong}");
        assert_eq!(codes(right), [""; 0], "{number} mended\n{right}");
    }
}
