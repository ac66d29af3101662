//! Any bytes through parsing, checking and everything that is told without a world.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Some(text) = rbk_fuzz::text(input) {
        rbk_fuzz::checks(text);
    }
});
