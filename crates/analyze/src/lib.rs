//! From a snapshot and the packs to verdicts, and from verdicts to scores.
//!
//! Everything here is a pure function: no I/O, no clock, the same input gives the same output in the same order.

pub mod posture;
pub mod score;
