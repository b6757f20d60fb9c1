#![no_main]

use libfuzzer_sys::fuzz_target;
use tapglass_fuzz::harness::{counting::Counting, run};

#[global_allocator]
static COUNTING: Counting = Counting;

fuzz_target!(|data: &[u8]| run("dnp3_tcp", data));
