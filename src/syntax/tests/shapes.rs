//! Every form of the language parses to the expected shape.

use super::{ATOMOS, shape};

#[test]
fn the_worked_example_keeps_its_shape() {
    assert_eq!(shape(ATOMOS), include_str!("atomos.txt"));
}

#[test]
fn every_form_keeps_its_shape() {
    assert_eq!(shape(include_str!("forms.rbk")), include_str!("forms.txt"));
}
