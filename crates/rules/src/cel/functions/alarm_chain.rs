//! The alarm chain that CIS asks for: a multi-Region trail that delivers management events to CloudWatch
//! Logs, a metric filter with the right pattern, an alarm on its metric, and a topic somebody listens to.
//!
//! The answer is how far the chain reaches: AWS's reason code of the first missing link ("CloudWatch
//! controls" in the Security Hub user guide). Of several trails, filters and alarms the best chain counts.
//! What could not be read makes the answer unknown, unless a complete chain is visible without it.

use std::sync::Arc;

use sekisho_model::{Resource, Unknown, Value};

use super::super::eval::Env;
use super::super::value::{Val, type_error};
use super::filter_pattern::same_pattern;
use super::three_valued;
use crate::inventory::{Inventory, Reach};

/// The types that the chain is made of.
pub(super) const TYPES: &[&str] = &[
    "AWS::CloudTrail::Trail",
    "AWS::Logs::MetricFilter",
    "AWS::CloudWatch::Alarm",
    "AWS::SNS::Topic",
    "AWS::SNS::Subscription",
];

const COMPLETE: &str = "COMPLETE";

pub(super) fn alarm_chain<'a>(env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let Some(inventory) = env.inventory else { return type_error("`alarm_chain` is for controls") };
    let patterns: Vec<String> = match args.first() {
        Some(one) if one.as_str().is_some() => one.as_str().map(str::to_owned).into_iter().collect(),
        Some(list) => {
            list.elements().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
        }
        None => Vec::new(),
    };
    let event_source = args.get(1).and_then(|source| source.as_str().map(str::to_owned));
    let mut chain = Chain { inventory, account: env.account, region: env.region, doubt: None };
    let reached = chain.reached(&patterns, event_source.as_deref());
    match chain.doubt {
        Some(why) if reached != COMPLETE => Val::Unknown(why),
        _ => Val::Text(reached.into()),
    }
}

struct Chain<'a, 'r> {
    inventory: &'r Inventory<'a>,
    account: &'r str,
    region: &'r str,
    doubt: Option<Arc<Unknown>>,
}

impl<'a> Chain<'a, '_> {
    fn all(&mut self, type_name: &str) -> Vec<&'a Resource> {
        let mut found = Vec::new();
        for element in self.inventory.resources(type_name, self.account, self.region, Reach::Region) {
            match element {
                Val::Resource(resource) => found.push(resource),
                Val::Unknown(why) => self.doubt = Some(why),
                _ => {}
            }
        }
        found
    }

    /// A field of a document; an unknown one is remembered and read as absent. Where absence would help the
    /// chain along, the caller asks [`Self::is_unknown`] too.
    fn field(&mut self, document: &'a Value, name: &str) -> Option<&'a Value> {
        match three_valued::field(Some(document), name) {
            Some(Value::Unknown(why)) => {
                self.doubt = Some(why.clone());
                None
            }
            Some(Value::Null) | None => None,
            found => found,
        }
    }

    fn is_unknown(document: &Value, name: &str) -> bool {
        three_valued::field(Some(document), name).and_then(three_valued::unknown_within).is_some()
    }

    fn holds(&mut self, document: &'a Value, name: &str) -> bool {
        self.field(document, name).and_then(Value::as_bool) == Some(true)
    }

    fn text(&mut self, document: &'a Value, name: &str) -> Option<&'a str> {
        self.field(document, name).and_then(Value::as_str)
    }

    fn reached(&mut self, patterns: &[String], event_source: Option<&str>) -> &'static str {
        let trails = self.all("AWS::CloudTrail::Trail");
        let (mut own, mut elsewhere) = (false, false);
        let mut groups: Vec<&str> = Vec::new();
        for trail in trails {
            let multi_region = self.holds(&trail.properties, "IsMultiRegionTrail");
            let shadow = self.holds(&trail.attributes, "IsShadow");
            if Self::is_unknown(&trail.attributes, "IsShadow") {
                continue;
            }
            own |= multi_region && !shadow;
            elsewhere |= multi_region && shadow;
            if multi_region && !shadow && self.delivers(trail, event_source) {
                groups.extend(self.text(&trail.attributes, "LogGroupName"));
            }
        }
        if !own && elsewhere {
            return "TRAIL_ELSEWHERE";
        }
        if groups.is_empty() {
            return "CLOUDTRAIL_MULTI_REGION_NOT_PRESENT";
        }
        self.after_trails(&groups, patterns)
    }

    fn delivers(&mut self, trail: &'a Resource, event_source: Option<&str>) -> bool {
        let excluded = self
            .field(&trail.attributes, "ExcludedManagementEventSources")
            .and_then(Value::as_list)
            .unwrap_or_default();
        let left_out = event_source.is_some_and(|source| {
            Self::is_unknown(&trail.attributes, "ExcludedManagementEventSources")
                || excluded.iter().any(|item| item.as_str() == Some(source))
        });
        self.holds(&trail.properties, "IsLogging") && self.holds(&trail.attributes, "LogsManagementEvents") && !left_out
    }

    fn after_trails(&mut self, groups: &[&str], patterns: &[String]) -> &'static str {
        let mut any_filter = false;
        let mut metrics: Vec<(&str, &str)> = Vec::new();
        for filter in self.all("AWS::Logs::MetricFilter") {
            if !self.text(&filter.properties, "LogGroupName").is_some_and(|group| groups.contains(&group)) {
                continue;
            }
            any_filter = true;
            let pattern = self.text(&filter.properties, "FilterPattern").unwrap_or_default();
            if patterns.iter().any(|wanted| same_pattern(pattern, wanted)) {
                let transformations = self
                    .field(&filter.properties, "MetricTransformations")
                    .and_then(Value::as_list)
                    .unwrap_or_default();
                for metric in transformations {
                    metrics.extend(self.text(metric, "MetricNamespace").zip(self.text(metric, "MetricName")));
                }
            }
        }
        match (any_filter, metrics.is_empty()) {
            (false, _) => "CLOUDTRAIL_METRIC_FILTERS_NOT_PRESENT",
            (true, true) => "CLOUDTRAIL_METRIC_FILTER_NOT_VALID",
            (true, false) => self.after_filters(&metrics),
        }
    }

    fn after_filters(&mut self, metrics: &[(&str, &str)]) -> &'static str {
        let mut any_alarm = false;
        let mut topics: Vec<&str> = Vec::new();
        for alarm in self.all("AWS::CloudWatch::Alarm") {
            let (namespace, metric) =
                (self.text(&alarm.properties, "Namespace"), self.text(&alarm.properties, "MetricName"));
            if !namespace.zip(metric).is_some_and(|pair| metrics.contains(&pair)) {
                continue;
            }
            any_alarm = true;
            let actions = self.field(&alarm.properties, "AlarmActions").and_then(Value::as_list).unwrap_or_default();
            if let Some(why) = actions.iter().find_map(Value::as_unknown) {
                self.doubt = Some(why.clone());
            }
            topics.extend(actions.iter().filter_map(Value::as_str).filter(|arn| arn.split(':').nth(2) == Some("sns")));
        }
        match (any_alarm, topics.is_empty()) {
            (false, _) => "CLOUDWATCH_ALARMS_NOT_PRESENT",
            (true, true) => "CLOUDWATCH_ALARM_ACTIONS_NOT_VALID",
            (true, false) => self.after_alarms(&topics),
        }
    }

    fn after_alarms(&mut self, arns: &[&str]) -> &'static str {
        let mut exists = false;
        for topic in self.all("AWS::SNS::Topic").into_iter().filter(|topic| arns.contains(&topic.arn.as_str())) {
            exists = true;
            if self
                .field(&topic.attributes, "SubscriptionsConfirmed")
                .and_then(Value::as_int)
                .is_some_and(|count| count > 0)
            {
                return COMPLETE;
            }
        }
        for subscription in self.all("AWS::SNS::Subscription") {
            let listens = self.text(&subscription.properties, "TopicArn").is_some_and(|arn| arns.contains(&arn));
            if listens && self.holds(&subscription.attributes, "Confirmed") {
                return COMPLETE;
            }
        }
        let foreign = arns.iter().any(|arn| arn.split(':').nth(4).is_some_and(|account| account != self.account));
        match (foreign, exists) {
            (true, _) => "SNS_TOPIC_CROSS_ACCOUNT",
            (false, false) => "SNS_TOPIC_INVALID",
            (false, true) => "SNS_SUBSCRIPTION_NOT_PRESENT",
        }
    }
}
