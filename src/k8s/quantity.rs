//! Quantities of resources: `500m`, `1.5Gi`, `1e3`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::yaml::scalar::{Scalar, resolve};
use crate::yaml::tree::{NodeId, Tree};

/// A quantity as Kubernetes computes with it: exact to 1n, what is finer is rounded up.
///
/// Source: `k8s.io/apimachinery/pkg/api/resource/quantity.go`, `ParseQuantity`, `Add` and `CanonicalizeBytes`.
#[derive(Debug, Clone, Copy)]
pub struct Quantity {
    /// In units of 10^-9.
    nano: i128,
    /// Whether it is shown with the suffixes `Ki` to `Ei`.
    is_binary: bool,
}

/// Why a text is no quantity, or none to compute with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAQuantity {
    /// Kubernetes would reject it.
    #[error("not a quantity")]
    Malformed,
    /// Beyond 10^29, or with more digits than are computed here; Kubernetes takes it, and no cluster has it.
    #[error("too large a quantity, or one with too many digits")]
    TooLarge,
}

const NANO: i128 = 1_000_000_000;

/// Powers of ten by their suffix (`suffix.go`, `newSuffixer`).
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
/// Powers of two by their suffix.
const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];

/// A power of ten beyond all that is computed with, and small enough to be added to.
const FAR: i32 = 10_000;

/// What a suffix multiplies with.
#[derive(Debug, Clone, Copy)]
enum Scale {
    Two(u32),
    Ten(i32),
}

impl Scale {
    fn of(suffix: &str) -> Result<Self, NotAQuantity> {
        if let Some((_, power)) = BINARY.iter().find(|(name, _)| *name == suffix) {
            return Ok(Self::Two(*power));
        }
        if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
            return Ok(Self::Ten(*power));
        }
        let exponent = suffix.strip_prefix(['e', 'E']).ok_or(NotAQuantity::Malformed)?;
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotAQuantity::Malformed);
        }
        // Beyond what a 32-bit number can hold everything is too large, or next to nothing.
        let power = match digits.trim_start_matches('0') {
            "" => 0,
            digits => digits.parse::<i32>().unwrap_or(FAR).min(FAR),
        };
        Ok(Self::Ten(if exponent.starts_with('-') { -power } else { power }))
    }
}

impl Quantity {
    /// None of it.
    pub const ZERO: Self = Self { nano: 0, is_binary: false };

    /// The quantity that a scalar means to Kubernetes; a number is as good as text, and null is 0.
    ///
    /// `None` for what is no quantity, or none to compute with.
    pub fn read(tree: &Tree<'_>, id: NodeId) -> Option<Self> {
        match resolve(tree, id)? {
            Scalar::Null => Some(Self::ZERO),
            Scalar::Int(value) => value.to_string().parse().ok(),
            // As Go writes it into the JSON that is parsed: the shortest digits that mean this number.
            Scalar::Float(value) if value.is_finite() => value.to_string().parse().ok(),
            Scalar::Str(text) => text.trim().parse().ok(),
            Scalar::Float(_) | Scalar::Bool(_) => None,
        }
    }

    /// The sum; it is shown like the first of the two that is not 0. `None` when it is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let is_binary = if self.nano == 0 { other.is_binary } else { self.is_binary };
        Some(Self { nano: self.nano.checked_add(other.nano)?, is_binary })
    }
}

impl FromStr for Quantity {
    type Err = NotAQuantity;

    fn from_str(text: &str) -> Result<Self, NotAQuantity> {
        if text.is_empty() {
            return Err(NotAQuantity::Malformed);
        }
        let (is_negative, rest) = match text.as_bytes().first() {
            Some(b'-') => (true, text.get(1..)),
            Some(b'+') => (false, text.get(1..)),
            _ => (false, Some(text)),
        };
        let rest = rest.unwrap_or("");
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, suffix) = rest.split_at(number_end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.contains('.') {
            return Err(NotAQuantity::Malformed);
        }
        let scale = Scale::of(suffix)?;
        let fraction = fraction.trim_end_matches('0');
        let nano = magnitude(whole.trim_start_matches('0'), fraction, scale)?;
        Ok(Self { nano: if is_negative { -nano } else { nano }, is_binary: matches!(scale, Scale::Two(_)) })
    }
}

/// The number without its sign, in units of 10^-9, rounded up.
fn magnitude(whole: &str, fraction: &str, scale: Scale) -> Result<i128, NotAQuantity> {
    let digits = format!("{whole}{fraction}");
    let digits = digits.trim_start_matches('0');
    let places = i32::try_from(fraction.len()).map_err(|_| NotAQuantity::TooLarge)?;
    if digits.is_empty() {
        return Ok(0);
    }
    let (factor, power) = match scale {
        Scale::Two(power) => (1_i128 << power, 9 - places),
        Scale::Ten(power) => (1, 9 + power - places),
    };
    // Numbers with a binary suffix are capped at the largest 64-bit integer, the others are not.
    let cap = matches!(scale, Scale::Two(_)).then_some(i128::from(i64::MAX) * NANO);
    let too_large = || cap.filter(|_| fraction.is_empty()).ok_or(NotAQuantity::TooLarge);
    let Some(scaled) = digits.parse::<i128>().ok().and_then(|number| number.checked_mul(factor)) else {
        return too_large();
    };
    let ten = |power: i32| u32::try_from(power).ok().and_then(|power| 10_i128.checked_pow(power));
    let nano = if power >= 0 {
        match ten(power).and_then(|times| scaled.checked_mul(times)) {
            Some(nano) => nano,
            None => return too_large(),
        }
    } else {
        match ten(-power) {
            Some(divisor) => scaled / divisor + i128::from(scaled % divisor != 0),
            None => 1,
        }
    };
    Ok(cap.map_or(nano, |cap| nano.min(cap)))
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nano == other.nano
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

impl fmt::Display for Quantity {
    /// The canonical form: no digits behind the point, and the largest suffix that allows it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = self.nano / NANO;
        // Below 1024, and with a fraction, binary suffixes are not used.
        if self.is_binary && self.nano % NANO == 0 && units.abs() >= 1024 {
            let divides = |(_, power): &&(&str, u32)| units % (1_i128 << *power) == 0;
            if let Some((suffix, power)) = BINARY.iter().rev().find(divides) {
                return write!(f, "{}{suffix}", units >> power);
            }
            return write!(f, "{units}");
        }
        let mut number = self.nano;
        let mut suffixes = DECIMAL.iter().map(|(suffix, _)| *suffix);
        let mut suffix = suffixes.next().unwrap_or("");
        if number == 0 {
            return f.write_str("0");
        }
        for larger in suffixes {
            if number % 1000 != 0 {
                break;
            }
            number /= 1000;
            suffix = larger;
        }
        write!(f, "{number}{suffix}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse::parse;

    /// The right side is what `kubectl create quota --hard cpu=… --dry-run=client -o yaml` of Kubernetes 1.37 prints.
    const CANONICAL: &[(&str, &str)] = &[
        ("1000m", "1"),
        ("0.5", "500m"),
        (".5", "500m"),
        ("00.5", "500m"),
        ("+0.5", "500m"),
        ("1.5", "1500m"),
        ("2.50", "2500m"),
        ("1e2", "100"),
        ("2E2", "200"),
        ("1E", "1E"),
        ("1k", "1k"),
        ("1000k", "1M"),
        ("100E", "100E"),
        ("-1.5Gi", "-1536Mi"),
        ("1.5Gi", "1536Mi"),
        ("2.5Mi", "2560Ki"),
        ("1024Mi", "1Gi"),
        ("1000Mi", "1000Mi"),
        ("100.0Mi", "100Mi"),
        ("1536Ki", "1536Ki"),
        ("8191Pi", "8191Pi"),
        ("7Ei", "7Ei"),
        ("0.5Ki", "512"),
        ("0.3Ki", "307200m"),
        ("1.2Ki", "1228800m"),
        ("0.9Gi", "966367641600m"),
        ("0.000000001Ki", "1024n"),
        ("8Ei", "9223372036854775807"),
        ("9223372036854775808Ki", "9223372036854775807"),
        ("9223372036854775808", "9223372036854775808"),
        ("0.1n", "1n"),
        ("-0.1n", "-1n"),
        ("1.0000000001", "1000000001n"),
        ("0.0001m", "100n"),
        ("1.5m", "1500u"),
        ("1000000n", "1m"),
        ("1048576", "1048576"),
        ("-0", "0"),
        ("0Mi", "0"),
        (".", "0"),
        ("k", "0"),
    ];

    fn parsed(text: &str) -> Quantity {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn quantities_are_shown_as_kubectl_shows_them() {
        for (text, canonical) in CANONICAL {
            assert_eq!(parsed(text).to_string(), *canonical, "{text}");
            assert_eq!(parsed(canonical), parsed(text), "{text}");
        }
        // These kubectl prints as they came, so their values are compared.
        for (text, same) in [("12e-3", "12m"), ("1.1e1", "11"), ("1e+3", "1k"), ("5e-10", "1n"), ("1e-400", "1n")] {
            assert_eq!(parsed(text), parsed(same), "{text}");
        }
    }

    #[test]
    fn what_kubectl_rejects_is_no_quantity_and_what_is_beyond_counting_is_told_apart() {
        for text in ["", "abc", "1K", "1e", "1.5e", "1i", "1 ", "1_0", "0x10", "1.2.3", "1e3k", "1e+-3", "1Kii", "1Mm"]
        {
            assert_eq!(text.parse::<Quantity>(), Err(NotAQuantity::Malformed), "{text:?}");
        }
        for text in ["1e400", "1e99999999999", "1e30", &"9".repeat(60)] {
            assert_eq!(text.parse::<Quantity>(), Err(NotAQuantity::TooLarge), "{text}");
        }
        assert_eq!(parsed("0e400"), Quantity::ZERO);
        assert_eq!(parsed("1e0000000000003"), parsed("1k"));
    }

    #[test]
    fn sums_and_comparisons_are_exact() {
        let sum = |left: &str, right: &str| parsed(left).checked_add(parsed(right)).unwrap().to_string();
        // 0.1 + 0.2 is 0.3 here, and no float says so.
        assert_eq!(sum("0.1", "0.2"), "300m");
        assert_eq!(sum("2Gi", "256Mi"), "2304Mi");
        assert_eq!(sum("0", "1Gi"), "1Gi");
        assert_eq!(sum("1M", "1Ki"), "1001024");
        // 10^27 + 1, beyond 64 bits and beyond what a double can hold.
        assert_eq!(sum("1n", "1E"), "1000000000000000000000000001n");
        assert!(parsed("1Gi") > parsed("1G") && parsed("999m") < parsed("1") && parsed("1024Mi") == parsed("1Gi"));
    }

    #[test]
    fn a_number_in_yaml_is_as_good_as_text() {
        let tree = parse("[1, 0.5, \"0.5\", 1e3, 1_000, ' 2Gi ', null, true, [], .inf, 0x10]").unwrap();
        let read = |index: usize| Quantity::read(&tree, tree.entries(tree.roots[0])[index]).map(|one| one.to_string());
        let found: Vec<_> = (0..11).map(read).collect();
        let some = |text: &str| Some(text.to_owned());
        let wanted = [
            some("1"),
            some("500m"),
            some("500m"),
            some("1k"),
            some("1k"),
            some("2Gi"),
            some("0"),
            None,
            None,
            None,
            some("16"),
        ];
        assert_eq!(found, wanted);
    }
}
