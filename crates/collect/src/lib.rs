//! Reads AWS accounts: the only crate that talks to AWS, and it only reads.
//!
//! [`aws`] is the client: it calls any operation that the pack of service models holds, over AWS's own wire
//! protocols, and answers with plain values. [`plan`] drives it by the resource packs and gives a snapshot;
//! [`snapshot`] saves and loads one.

pub mod aws;
pub mod plan;
pub mod snapshot;
