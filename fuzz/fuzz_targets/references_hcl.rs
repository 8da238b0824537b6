//! References in Terraform, in both of its syntaxes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_fuzz::references::look;

const PATHS: &[&str] = &["main.tf", "terragrunt.hcl", ".terraformrc", "main.tf.json"];

fuzz_target!(|input: (u8, &[u8])| look(PATHS, input));
