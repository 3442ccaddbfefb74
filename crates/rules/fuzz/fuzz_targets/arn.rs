//! Any text as an ARN: it is refused, or its parts make the whole again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_model::Arn;

fuzz_target!(|text: &str| {
    let Ok(arn) = text.parse::<Arn>() else { return };
    let (partition, service, region) = (arn.partition(), arn.service(), arn.region());
    assert_eq!(format!("arn:{partition}:{service}:{region}:{}:{}", arn.account(), arn.resource()), text);
    assert_eq!(arn.as_str(), text);
});
