//! Functions on address blocks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::Arguments;
use crate::terraform::value::{Evaluated, Fault, Value, fault};

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "cidrhost" => cidrhost(given),
        "cidrnetmask" => cidrnetmask(given),
        "cidrsubnet" => cidrsubnet(given),
        "cidrsubnets" => cidrsubnets(given),
        _ => return None,
    })
}

fn block(given: &Arguments<'_>) -> Result<IpNet, Fault> {
    let text = given.text(0)?;
    text.parse::<IpNet>().map(|block| block.trunc()).map_err(|_| Fault(format!("\"{text}\" is no CIDR block")))
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}

/// An address of the same family.
fn address(like: &IpNet, bits: u128) -> Option<IpAddr> {
    match like {
        IpNet::V4(_) => u32::try_from(bits).ok().map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
        IpNet::V6(_) => Some(IpAddr::V6(Ipv6Addr::from(bits))),
    }
}

/// How many addresses, or blocks, some bits count; `None` for all of IPv6.
fn count(bits: u8) -> Option<u128> {
    1_u128.checked_shl(bits.into()).filter(|_| bits < 128)
}

fn cidrhost(given: &Arguments<'_>) -> Evaluated {
    let (block, host) = (block(given)?, given.whole(1)?);
    let hosts = count(block.max_prefix_len() - block.prefix_len());
    let offset = if host < 0 {
        hosts.map_or(u128::MAX, |hosts| hosts - 1).checked_sub(u128::from(host.unsigned_abs()) - 1)
    } else {
        Some(u128::from(host.unsigned_abs()))
    };
    let offset = offset.filter(|offset| hosts.is_none_or(|hosts| *offset < hosts));
    let found = offset.and_then(|offset| address(&block, bits(block.network()).checked_add(offset)?));
    found.map_or_else(|| fault(format!("{block} has no host {host}")), |found| Ok(found.to_string().into()))
}

fn cidrnetmask(given: &Arguments<'_>) -> Evaluated {
    match block(given)? {
        IpNet::V4(block) => Ok(block.netmask().to_string().into()),
        IpNet::V6(_) => fault("cidrnetmask() takes IPv4 only"),
    }
}

fn subnet(block: &IpNet, prefix: u8, number: u128) -> Option<IpNet> {
    let shift = u32::from(block.max_prefix_len().checked_sub(prefix)?);
    let offset = if number == 0 { 0 } else { number.checked_shl(shift).filter(|offset| offset >> shift == number)? };
    IpNet::new(address(block, bits(block.network()).checked_add(offset)?)?, prefix).ok()
}

fn cidrsubnet(given: &Arguments<'_>) -> Evaluated {
    let (block, more, number) = (block(given)?, given.whole(1)?, given.whole(2)?);
    let none = || Fault(format!("{block} has no subnet {number} with {more} more bits"));
    let more = u8::try_from(more).map_err(|_| none())?;
    let prefix = block.prefix_len().checked_add(more).filter(|prefix| *prefix <= block.max_prefix_len());
    let prefix = prefix.ok_or_else(none)?;
    let blocks = count(more);
    let number = u128::try_from(number).ok().filter(|number| blocks.is_none_or(|blocks| *number < blocks));
    let found = number.and_then(|number| subnet(&block, prefix, number)).ok_or_else(none)?;
    Ok(found.to_string().into())
}

/// Blocks one after the other, each on a boundary of its own size.
fn cidrsubnets(given: &Arguments<'_>) -> Evaluated {
    let block = block(given)?;
    let mut next = bits(block.network());
    let mut found = Vec::new();
    for at in 1..given.values.len() {
        let more = u8::try_from(given.whole(at)?).ok();
        let prefix = more.and_then(|more| block.prefix_len().checked_add(more));
        let made = prefix.filter(|prefix| *prefix <= block.max_prefix_len()).and_then(|prefix| {
            let size = count(block.max_prefix_len() - prefix)?;
            let start = next.div_ceil(size).checked_mul(size)?;
            let made = IpNet::new(address(&block, start)?, prefix).ok()?;
            next = start.checked_add(size)?;
            block.contains(&made).then_some(made)
        });
        match made {
            Some(made) => found.push(made.to_string()),
            None => return fault(format!("{block} has no room for all of these subnets")),
        }
    }
    Ok(Value::strings(found))
}
