//! Euro amounts as minor units, and the decimal literals that the providers write for them.

use rust_decimal::Decimal;

/// Reads a decimal literal with at most two places as minor units: no exponent, no leading plus, at most
/// thirteen digits before the point.
pub(crate) fn minor(literal: &str) -> Option<i64> {
    let (negative, digits) = literal.strip_prefix('-').map_or((false, literal), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "00"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || fraction.len() > 2 || whole.len() > 13 {
        return None;
    }
    let cents = format!("{whole}{fraction:0<2}").parse::<i64>().ok()?;
    Some(if negative { -cents } else { cents })
}

/// `10.00`: always two places.
pub(crate) fn two_places(minor: i64) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let cents = minor.unsigned_abs();
    format!("{sign}{}.{:02}", cents / 100, cents % 100)
}

/// `10.0`, `10.5`, `10.55`: at least one place, no needless zero after it.
pub(crate) fn one_place(minor: i64) -> String {
    let text = two_places(minor);
    text.strip_suffix('0').map_or_else(|| text.clone(), str::to_owned)
}

/// `10`, `10.5`, `10.55`: no needless zeros at all.
pub(crate) fn shortest(minor: i64) -> String {
    let text = two_places(minor);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Minor units as an exact decimal of euros.
pub(crate) fn decimal(minor: i64) -> Decimal {
    Decimal::new(minor, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read_exactly_or_not_at_all() {
        assert_eq!(minor("10"), Some(1000));
        assert_eq!(minor("10.0"), Some(1000));
        assert_eq!(minor("168.07"), Some(16807));
        assert_eq!(minor("-0.5"), Some(-50));
        for bad in ["", "10.", ".5", "1e3", "10.005", "+1", "1,00", "99999999999999999999"] {
            assert_eq!(minor(bad), None, "{bad}");
        }
    }

    #[test]
    fn each_provider_writes_zeros_in_its_own_way() {
        assert_eq!((one_place(1000), one_place(1050), one_place(1055)), ("10.0".into(), "10.5".into(), "10.55".into()));
        assert_eq!((shortest(1000), shortest(1050), shortest(-5)), ("10".into(), "10.5".into(), "-0.05".into()));
    }
}
