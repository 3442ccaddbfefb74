//! Security group rules and network ACL entries.
//!
//! Rules have CloudFormation's shape: `IpProtocol` ("-1", "tcp", "6", ...), `FromPort`, `ToPort`, and one
//! source. ACL entries have `Protocol` and `PortRange`. Protocol numbers are IANA's: 6 TCP, 17 UDP.

use std::sync::Arc;

use sekisho_model::{Map, Value};

use super::super::eval::Env;
use super::super::value::{Val, type_error};
use super::three_valued::unknown_element;

/// Looks at a rule's fields in one walk: a search for each name would cost more, and rules are what large accounts
/// have most of. `None` for what is not a map.
fn on_fields<R>(rule: &Val<'_>, look: impl FnOnce(&Map) -> R) -> Option<R> {
    match rule {
        Val::Ref(Value::Map(fields)) => Some(look(fields)),
        other => other.to_value().as_map().map(look),
    }
}

/// Whether the rule's source is everyone. A rule whose source is not known may be open to everyone.
fn world<'a>(rule: &Val<'a>, ipv4: bool, ipv6: bool) -> Val<'a> {
    let looked = on_fields(rule, |fields| {
        let mut unknown = None;
        for (name, value) in fields.iter() {
            let everyone = match &**name {
                "CidrIp" | "CidrBlock" if ipv4 => "0.0.0.0/0",
                "CidrIpv6" | "Ipv6CidrBlock" if ipv6 => "::/0",
                _ => continue,
            };
            match value {
                Value::String(cidr) if **cidr == *everyone => return Val::Bool(true),
                Value::Unknown(why) => unknown = Some(Val::Unknown(why.clone())),
                _ => {}
            }
        }
        unknown.unwrap_or(Val::Bool(false))
    });
    looked.unwrap_or(Val::Bool(false))
}

pub(super) fn open_to_world<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |rule| world(rule, true, true))
}

pub(super) fn open_to_world_ipv4<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |rule| world(rule, true, false))
}

pub(super) fn open_to_world_ipv6<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |rule| world(rule, false, true))
}

/// A number, whether it is written as one or as text.
fn number(value: &Val<'_>) -> Option<i64> {
    match value {
        Val::Int(number) => Some(*number),
        other => other.as_str()?.parse().ok(),
    }
}

fn protocol_matches(protocol: &Val<'_>, wanted: &str) -> Option<bool> {
    let wanted_number = match wanted {
        "tcp" => 6,
        "udp" => 17,
        _ => return None,
    };
    Some(match number(protocol) {
        Some(-1) => true,
        Some(number) => number == wanted_number,
        None => {
            protocol.as_str().is_some_and(|name| name.eq_ignore_ascii_case(wanted) || name.eq_ignore_ascii_case("all"))
        }
    })
}

pub(super) fn covers_port<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let (Some(rule), Some(port)) = (args.first(), args.get(1).and_then(number)) else {
        return type_error("`covers_port` needs a rule and a port number");
    };
    let wanted = args.get(2).and_then(Val::as_str).unwrap_or("tcp");
    on_fields(rule, |fields| covers(fields, port, wanted)).unwrap_or(Val::Bool(false))
}

fn covers<'a>(fields: &Map, port: i64, wanted: &str) -> Val<'a> {
    let (mut protocol, mut range, mut from, mut to) = (None, None, None, None);
    for (name, value) in fields.iter() {
        let slot = match &**name {
            "IpProtocol" | "Protocol" => &mut protocol,
            "PortRange" => &mut range,
            "FromPort" => &mut from,
            "ToPort" => &mut to,
            _ => continue,
        };
        if let Value::Unknown(why) = value {
            return Val::Unknown(why.clone());
        }
        *slot = Some(value);
    }
    if let Some(range) = range.filter(|range| !range.is_null()) {
        (from, to) = (range.get("From"), range.get("To"));
        if let Some(Value::Unknown(why)) = [from, to].into_iter().flatten().find(|value| value.as_unknown().is_some()) {
            return Val::Unknown(why.clone());
        }
    }
    let value = |value: Option<&'_ Value>| value.and_then(|value| number(&Val::from(value)));
    let protocol = protocol.map_or(Val::Null, Val::from);
    let Some(protocol_fits) = protocol_matches(&protocol, wanted) else {
        return type_error(format!("`{wanted}` is not a protocol with ports; write tcp or udp"));
    };
    // Without a range, and with -1 in its place, a rule covers all ports. Protocol -1 ignores the range.
    let all_ports = number(&protocol) == Some(-1) || protocol.as_str() == Some("all");
    let (from, to) = (value(from).unwrap_or(0), value(to).unwrap_or(65535));
    let in_range = all_ports || from == -1 || (from..=to).contains(&port);
    Val::Bool(protocol_fits && in_range)
}

const SOURCES: [(&str, &str, &str, &str); 4] = [
    // EC2's list, its member, CloudFormation's ingress property, CloudFormation's egress property
    ("IpRanges", "CidrIp", "CidrIp", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6", "CidrIpv6", "CidrIpv6"),
    ("UserIdGroupPairs", "GroupId", "SourceSecurityGroupId", "DestinationSecurityGroupId"),
    ("PrefixListIds", "PrefixListId", "SourcePrefixListId", "DestinationPrefixListId"),
];

fn flat_rules<'a>(permissions: &Val<'a>, egress: bool) -> Val<'a> {
    let mut rules = Vec::new();
    for permission in permissions.elements().into_iter().flatten() {
        for (list, member, ingress_key, egress_key) in SOURCES {
            let sources = permission.field(list);
            // Sources that could not be read are one rule of which nothing is known.
            if sources.is_unknown() {
                rules.push(sources.to_value());
            }
            for source in sources.elements().into_iter().flatten() {
                let mut rule = Map::new();
                for key in ["IpProtocol", "FromPort", "ToPort"] {
                    let value = permission.field(key).to_value();
                    if !value.is_null() {
                        rule.insert(key, value);
                    }
                }
                rule.insert(if egress { egress_key } else { ingress_key }, source.field(member).to_value());
                let owner = source.field("UserId").to_value();
                if !egress && !owner.is_null() {
                    rule.insert("SourceSecurityGroupOwnerId", owner);
                }
                let description = source.field("Description").to_value();
                if !description.is_null() {
                    rule.insert("Description", description);
                }
                rules.push(Value::Map(rule));
            }
        }
    }
    Val::Owned(Arc::new(Value::from(rules)))
}

pub(super) fn ingress_rules<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |permissions| flat_rules(permissions, false))
}

pub(super) fn egress_rules<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    args.first().map_or(Val::Null, |permissions| flat_rules(permissions, true))
}

/// The inclusive port range of a rule, `None` for protocols without ports.
fn ports_of(rule: &Val<'_>) -> Option<(i64, i64)> {
    let (from, to) = (number(&rule.field("FromPort")), number(&rule.field("ToPort")));
    match (from, to) {
        (None | Some(-1), _) | (_, None | Some(-1)) => Some((0, 65535)),
        (Some(from), Some(to)) => Some((from, to)),
    }
}

pub(super) fn opens_only_ports<'a>(_: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
    let [rule, tcp, udp] = args else { return Val::Null };
    if let Some(why) = unknown_element(tcp).or_else(|| unknown_element(udp)) {
        return Val::Unknown(why);
    }
    let protocol = rule.field("IpProtocol");
    if let Some(unknown) =
        [&protocol, &rule.field("FromPort"), &rule.field("ToPort")].into_iter().find(|value| value.is_unknown())
    {
        return unknown.clone();
    }
    if number(&protocol) == Some(-1) || protocol.as_str() == Some("all") {
        return Val::Bool(false);
    }
    let allowed = match (protocol_matches(&protocol, "tcp"), protocol_matches(&protocol, "udp")) {
        (Some(true), _) => tcp,
        (_, Some(true)) => udp,
        _ => return Val::Bool(true),
    };
    let allowed: Vec<i64> = allowed.elements().into_iter().flatten().filter_map(|port| number(&port)).collect();
    let only = ports_of(rule).is_some_and(|(from, to)| {
        (from..=to).take(allowed.len() + 1).all(|port| allowed.contains(&port))
            && to - from < i64::try_from(allowed.len()).unwrap_or(0)
    });
    Val::Bool(only)
}
