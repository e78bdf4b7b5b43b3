//! Scalars as Kubernetes' Go readers see them, recorded from `sigs.k8s.io/yaml`, against our own reading.

use convert_sidecars::k8s::container::integer;
use convert_sidecars::yaml::parse::parse;
use convert_sidecars::yaml::scalar::{Scalar, resolve};

use crate::support::shared;

/// Our reading in the words of the recording: Go's type and value.
fn in_words(scalar: Scalar<'_>) -> String {
    match scalar {
        Scalar::Null => "<nil> <nil>".to_owned(),
        Scalar::Bool(value) => format!("bool {value}"),
        // Go's reader has no wider type for what fits, and two for what does not fit a signed one.
        Scalar::Int(value) if i64::try_from(value).is_ok() => format!("int {value}"),
        Scalar::Int(value) => format!("uint64 {value}"),
        Scalar::Float(value) if value.is_nan() => "float64 NaN".to_owned(),
        Scalar::Float(value) if value.is_infinite() => format!("float64 {}Inf", if value > 0.0 { "+" } else { "-" }),
        Scalar::Float(value) => format!("float64 {value}"),
        Scalar::Str(text) => format!("string {text}"),
    }
}

/// Each line of the recording: the scalar as written, what Go reads, and what it makes of an `int32` field.
fn recorded() -> Option<Vec<(String, String, String)>> {
    let text = std::fs::read_to_string(shared("reference/scalars-go.jsonl")?).unwrap();
    let row = |line: &str| -> Vec<String> { serde_json::from_str(line).unwrap() };
    let rows: Vec<_> = text.lines().map(row).map(|row| (row[0].clone(), row[1].clone(), row[5].clone())).collect();
    assert!(rows.len() >= 50, "{} scalars", rows.len());
    Some(rows)
}

#[test]
fn scalars_mean_what_go_reads() {
    let Some(recorded) = recorded() else { return };
    for (written, wanted, _) in recorded {
        let text = format!("v: {written}\n");
        let tree = parse(&text).unwrap();
        let value = tree.get(tree.roots[0], "v").unwrap();
        assert_eq!(in_words(resolve(&tree, value).unwrap()), wanted, "{written}");
    }
}

/// Ports, probes and versions are read through this.
#[test]
fn whole_numbers_are_those_that_go_puts_into_an_integer_field() {
    let Some(recorded) = recorded() else { return };
    for (written, read, wanted) in recorded {
        let text = format!("v: {written}\n");
        let tree = parse(&text).unwrap();
        let found = integer(&tree, tree.roots[0], "v").filter(|value| i32::try_from(*value).is_ok());
        // A field without a value keeps Go's zero, which is no port and no number of seconds that anyone wrote.
        let wanted = if read == "<nil> <nil>" { None } else { wanted.parse().ok() };
        assert_eq!(found, wanted, "{written}");
    }
}
