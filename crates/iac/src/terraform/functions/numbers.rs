//! Functions that compute with numbers.

use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use super::Arguments;
use crate::terraform::value::{Evaluated, Fault, Value, fault};

pub(super) fn call(given: &Arguments<'_>) -> Option<Evaluated> {
    Some(match given.name {
        "abs" => given.number(0).map(|number| number.abs().into()),
        "ceil" => given.number(0).map(|number| number.ceil().into()),
        "floor" => given.number(0).map(|number| number.floor().into()),
        "signum" => given.whole(0).map(|number| number.signum().into()),
        "max" => extreme(given, Ord::max),
        "min" => extreme(given, Ord::min),
        "log" => log(given),
        "pow" => pow(given),
        "parseint" => parseint(given),
        "sum" => sum(given),
        _ => return None,
    })
}

fn all(given: &Arguments<'_>) -> Result<Vec<Decimal>, Fault> {
    (0..given.values.len()).map(|at| given.number(at)).collect()
}

fn extreme(given: &Arguments<'_>, choose: fn(Decimal, Decimal) -> Decimal) -> Evaluated {
    let best = all(given)?.into_iter().reduce(choose);
    best.map_or_else(|| fault(format!("{}() needs at least one number", given.name)), |number| Ok(number.into()))
}

fn from_double(number: f64) -> Evaluated {
    Decimal::from_f64_retain(number)
        .map(|exact| Decimal::from_f64(number).filter(|_| !exact.is_integer()).unwrap_or(exact))
        .map_or_else(|| fault("the result is no number"), |number| Ok(number.into()))
}

fn log(given: &Arguments<'_>) -> Evaluated {
    let (number, base) = (given.number(0)?.to_f64(), given.number(1)?.to_f64());
    let (Some(number), Some(base)) = (number, base) else { return fault("log() needs numbers") };
    // Terraform divides two natural logarithms, with what that costs in the last digit.
    let exact = number.ln() / base.ln();
    match Decimal::from_f64_retain(exact).map(|exact| exact.round_dp(16)) {
        Some(result) => Ok(result.into()),
        None => fault("the result is no number"),
    }
}

fn pow(given: &Arguments<'_>) -> Evaluated {
    let (number, power) = (given.number(0)?, given.number(1)?);
    if let (true, Some(times)) = (power.is_integer(), power.abs().to_u32())
        && times <= 1024
    {
        let product = (0..times).try_fold(Decimal::ONE, |product, _| product.checked_mul(number));
        let product =
            product.and_then(
                |product| {
                    if power.is_sign_negative() { Decimal::ONE.checked_div(product) } else { Some(product) }
                },
            );
        if let Some(product) = product {
            return Ok(product.into());
        }
    }
    let (Some(number), Some(power)) = (number.to_f64(), power.to_f64()) else { return fault("pow() needs numbers") };
    from_double(number.powf(power))
}

fn parseint(given: &Arguments<'_>) -> Evaluated {
    let (text, base) = (given.text(0)?, given.whole(1)?);
    let base = u32::try_from(base).ok().filter(|base| (2..=62).contains(base));
    let Some(base) = base else { return fault("parseint() takes a base from 2 to 62") };
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(&text)),
    };
    let digit = |symbol: char| match symbol {
        '0'..='9' => Some(symbol as u32 - '0' as u32),
        'a'..='z' => Some(symbol as u32 - 'a' as u32 + 10),
        // Above 36 the case counts, and capitals come after small letters.
        'A'..='Z' => Some(symbol as u32 - 'A' as u32 + if base > 36 { 36 } else { 10 }),
        _ => None,
    };
    let number = digits.chars().try_fold(Decimal::ZERO, |number, symbol| {
        let digit = digit(symbol).filter(|digit| *digit < base)?;
        number.checked_mul(base.into())?.checked_add(digit.into())
    });
    match number.filter(|_| !digits.is_empty()) {
        Some(number) => Ok((if negative { -number } else { number }).into()),
        None => fault(format!("\"{text}\" is no number in base {base}")),
    }
}

fn sum(given: &Arguments<'_>) -> Evaluated {
    let numbers = Arguments { name: given.name, values: given.items(0)?.to_vec() };
    let numbers = all(&numbers)?;
    if numbers.is_empty() {
        return fault("sum() needs at least one number");
    }
    let sum = numbers.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
    sum.map_or_else(|| fault("the sum is too large"), |sum| Ok(Value::from(sum)))
}
