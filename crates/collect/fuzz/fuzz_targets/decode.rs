//! Any bytes as the answer of one operation per protocol. The first byte chooses the operation, the rest is the body.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sekisho_collect::aws::{ModelSet, fuzzing};

const OPERATIONS: [(&str, &str); 6] = [
    ("kms", "DescribeKey"),
    ("lambda", "ListFunctions"),
    ("rds", "DescribeDBInstances"),
    ("ec2", "DescribeInstances"),
    ("cloudfront", "ListDistributions"),
    ("s3", "GetBucketAcl"),
];

fuzz_target!(|data: &[u8]| {
    static MODELS: OnceLock<ModelSet> = OnceLock::new();
    let Some((choice, body)) = data.split_first() else { return };
    let (service, operation) = OPERATIONS[usize::from(*choice) % OPERATIONS.len()];
    let models = MODELS.get_or_init(|| ModelSet::builtin().expect("the models are built in"));
    let status = if choice & 0x80 == 0 { 200 } else { 400 };
    fuzzing::decode(models, service, operation, status, body);
});
