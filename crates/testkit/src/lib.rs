//! What tests and benches share: the lab server as a process, and made-up accounts of any size.
//!
//! A dev-dependency only; no shipped crate knows it. Being a harness, it reads the environment (`SEKISHO_TEST_PYTHON`,
//! set by `cargo xtask test`) where other libraries take arguments.

pub mod lab;
pub mod synthetic;
