//! The agreement with CEL: what the public conformance suite (google/cel-spec, tests/simple/testdata) expects of
//! the part of the language that conditions have, as tables of our own.
//!
//! Reading a table: an expression and the JSON of its value, or `error`. A mistake that CEL reports at run time is
//! an unknown here, or is refused when the condition is compiled; both count as `error`. `dyn(x)` of the suite is
//! written `x`, since conditions are untyped anyway; unsigned numbers are whole numbers.
//!
//! Left out, because conditions do not have them: messages, byte strings, timestamps, durations, types as
//! values, enums, optionals, namespaces.
//!
//! Where conditions differ on purpose (docs/cel.md), [`DIFFERS`] says what CEL expects and what we do instead.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code reports by panicking")]

use sekisho_model::{Map, Timestamp, Value};
use sekisho_rules::cel::{Env, Program, Val};

/// Not formatted one entry a line, which would make the file three times as long and no clearer.
type Table = &'static [(&'static str, &'static str)];

/// The names that the suite binds.
const BINDINGS: &str = r#"{
  "x": 123, "flag": true, "ratio": 9.8, "text": "abc", "nothing": null, "list": [2, 1], "zeros": [0],
  "letters": {"c": "d", "a": "b"}, "record": {"name": 1024}, "other": {"holiday": "field"}, "a": {"b": {"c": "yeah"}}
}"#;

/// The value as JSON, `?` for an unknown part, or why there is none.
fn outcome(expression: &str) -> Result<String, String> {
    let bindings: Value = serde_json::from_str(BINDINGS).unwrap();
    let bindings = bindings.as_map().unwrap();
    let names: Vec<&str> = bindings.keys().map(|name| &**name).collect();
    let values: Vec<Val<'_>> = bindings.values().map(Val::from).collect();
    let program = Program::compile(expression, &names).map_err(|error| format!("refused: {error}"))?;
    match program.value(&Env::new(&values, Timestamp::UNIX_EPOCH)) {
        Val::Unknown(why) => Err(format!("unknown: {}", why.message)),
        Val::Double(number) if !number.is_finite() => Ok(number.to_string()),
        value => Ok(marked(value.to_value()).to_string()),
    }
}

fn marked(value: Value) -> Value {
    match value {
        Value::Unknown(_) => Value::from("?"),
        Value::List(items) => Value::List(items.into_iter().map(marked).collect()),
        Value::Map(map) => Value::Map(map.into_iter().map(|(key, value)| (key, marked(value))).collect::<Map>()),
        known => known,
    }
}

/// An expected value in the form of [`outcome`], so that `{"b":1,"a":2}` is the same as `{"a":2,"b":1}`, but
/// `1` (a whole number) and `1.0` are not.
fn normal(json: &str) -> String {
    match json {
        "inf" | "-inf" => json.to_owned(),
        // serde_json rounds some fractions to a neighbour; Rust does not.
        json if json.contains(['.', 'e']) && json.parse::<f64>().is_ok() => {
            Value::Double(json.parse().unwrap()).to_string()
        }
        json => serde_json::from_str::<Value>(json).unwrap_or_else(|error| panic!("{json}: {error}")).to_string(),
    }
}

fn check(tables: &[Table]) {
    let mut wrong = Vec::new();
    for (expression, expected) in tables.iter().copied().flatten() {
        let got = outcome(expression);
        let agrees = match (*expected, &got) {
            ("error", got) => got.is_err(),
            (expected, Ok(got)) => *got == normal(expected),
            (_, Err(_)) => false,
        };
        if !agrees {
            wrong.push(format!("{expression}: CEL expects {expected}, we get {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

// basic: self_eval_zeroish
#[rustfmt::skip]
const ZERO_LIKE: Table = &[
    ("0", "0"), ("0u", "0"), ("0U", "0"), ("0.0", "0.0"), ("0e+0", "0.0"), ("''", r#""""#), (r#""""#, r#""""#),
    (r#"r"""#, r#""""#), (r#"r"""""""#, r#""""#), ("r''''''", r#""""#), ("false", "false"), ("null", "null"),
    ("[]", "[]"), ("{}", "{}"),
];

// basic: self_eval_nonzeroish
#[rustfmt::skip]
const LITERALS: Table = &[
    ("42", "42"), ("123456789u", "123456789"), ("123456789U", "123456789"),
    ("-9223372036854775808", "-9223372036854775808"), ("-2.3e+1", "-23.0"), (r#""!""#, r#""!""#), (r"'\''", r#""'""#),
    ("[-1]", "[-1]"), (r#"{"k":"v"}"#, r#"{"k":"v"}"#), ("true", "true"), ("0x55555555", "1431655765"),
    ("-0x55555555", "-1431655765"), ("0x55555555u", "1431655765"), ("0x55555555U", "1431655765"),
    (r#""\u270c""#, r#""✌""#), (r#""\U0001f431""#, r#""🐱""#),
    (r#""\a\b\f\n\r\t\v\"\'\\""#, r#""\u0007\b\f\n\r\t\u000b\"'\\""#),
];

// basic: variables, functions, reserved_const; plumbing: min, eval results, check_inputs, eval_inputs
#[rustfmt::skip]
const VARIABLES: Table = &[
    ("x", "123"), ("y", "error"), ("1 + 1", "2"), ("f_unknown(17)", "error"), ("17", "17"), ("1 / 0", "error"),
    ("[17, 'pancakes']", r#"[17,"pancakes"]"#), ("'foo'", r#""foo""#),
];

// comparisons: eq_literal
#[rustfmt::skip]
const EQUAL: Table = &[
    ("1 == 1", "true"), ("-1 == 1", "false"), ("1 == 1u", "true"), ("2 == 1u", "false"), ("1 == 1.0", "true"),
    ("2 == 1.0", "false"), ("2u == 2u", "true"), ("1u == 2u", "false"), ("1u == 1", "true"), ("1u == 1.0", "true"),
    ("2u == 1.0", "false"), ("1.0 == 1.0e+0", "true"), ("-1.0 == 1.0", "false"), ("0.0/0.0 == 0.0/0.0", "false"),
    ("1 == 0.0/0.0", "false"), ("1.0 == 1", "true"), ("2.0 == 1", "false"), ("'' == \"\"", "true"),
    ("'a' == 'b'", "false"), ("'abc' == r'abc'", "true"), ("'abc' == 'ABC'", "false"), ("'ίσος' == 'ίσος'", "true"),
    ("'a' == 'à'", "false"), (r"'Am\u00E9lie' == 'Ame\u0301lie'", "false"), ("null == null", "true"),
    ("true == true", "true"), ("false == true", "false"), ("[] == []", "true"), ("[null] == [null]", "true"),
    ("['1', '2', null] == ['1', '2', '3']", "false"), ("[1, 2, 3] == [1, 2, 3]", "true"),
    ("[1.0, 2.0, 3] == [1u, 2, 3u]", "true"), ("[1.0, 2.1] == [1u, 2]", "false"), ("[1, 2, 3] == [1, 3, 2]", "false"),
    ("['case'] == ['cAse']", "false"), ("['one'] == [2, 3]", "false"), ("[1, 'dos', 3] == [1, 2, 4]", "false"),
    ("{} == {}", "true"), ("{'k': null} == {'k': null}", "true"), ("{'k': 1, 'j': 2} == {'k': 1, 'j': null}", "false"),
    (r#"{'k':'v'} == {"k":"v"}"#, "true"), ("{'k':1.0} == {'k':1e+0}", "true"), ("{'k':'v'} == {'k':'v1'}", "false"),
    ("{'k':'v','k1':'v1'} == {'k':'v'}", "false"), ("{'k1':'v1','k2':'v2'} == {'k2':'v2','k1':'v1'}", "true"),
    ("{'key':'value'} == {'Key':'value'}", "false"),
    ("{'k1': 1, 'k2': 'dos', 'k3': 3} == {'k1': 1, 'k2': 2, 'k3': 4}", "false"), ("[1] == [1.0]", "true"),
    ("false == null", "false"), ("2.1 == null", "false"), ("1 == null", "false"), ("[] == null", "false"),
    ("{} == null", "false"), ("'' == null", "false"), ("[1, 2, null] == [1, null, 3]", "false"), ("1u == 120", "false"),
];

// comparisons: ne_literal
#[rustfmt::skip]
const NOT_EQUAL: Table = &[
    ("24 != 42", "true"), ("1 != 1", "false"), ("24 != 24.1", "true"), ("1 != 1.0", "false"), ("24 != 42u", "true"),
    ("1 != 1u", "false"), ("99u != 99u", "false"), ("1u != 2.0", "true"), ("99u != 99.0", "false"),
    ("9.0e+3 != 9001.0", "true"), ("0.0/0.0 != 0.0/0.0", "true"), ("1 != 0.0/0.0", "true"), ("1.0 != 1e+0", "false"),
    ("9000 != 9001.0", "true"), ("'abc' != ''", "true"), ("'abc' != 'abc'", "false"), ("'résumé' != 'resume'", "true"),
    ("'ίδιο' != 'ίδιο'", "false"), ("false != true", "true"), ("true != true", "false"), ("null != null", "false"),
    ("[] != [1]", "true"), ("[] != []", "false"), ("[true, false, true] != [true, true, false]", "true"),
    ("[false, true] != [false, true]", "false"), ("[[]] != [[]]", "false"), ("{'k':'v'} != {'k':'v1'}", "true"),
    ("{'k':true} != {'k1':true}", "true"), ("{'a':'b','c':'d'} != {'c':'d','a':'b'}", "false"), ("2u != 2", "false"),
];

// comparisons: lt_literal
#[rustfmt::skip]
const LESS: Table = &[
    ("-1 < 0", "true"), ("0 < 0", "false"), ("0u < 1u", "true"), ("2u < 2u", "false"), ("1.0 < 1.0000001", "true"),
    ("-0.0 < 0.0", "false"), ("'a' < 'b'", "true"), ("'' < 'a'", "true"), ("'Abc' < 'aBC'", "true"),
    ("'abc' < 'abcd'", "true"), (r"'a' < '\u00E1'", "true"), ("'' < ''", "false"), ("'abc' < 'abc'", "false"),
    ("'a' < 'AB'", "false"), (r"'f' < '\u1EBF'", "true"), ("false < true", "true"), ("true < true", "false"),
    ("true < false", "false"), ("[0] < [1]", "error"), ("'foo' < 1024", "error"), ("1 < 2u", "true"),
    ("1 < 2.0", "true"), ("1.0 < 2", "true"), ("1 < 1.0", "false"), ("1.0 < 1", "false"), ("-1 < 0u", "true"),
    ("9223372036854775807 < 9223372036854775808.0", "false"), ("9223372036854775807 < 9223372036854777857.0", "true"),
    ("9223372036854775807 < -9223372036854777857.0", "false"), ("-9223372036854775808 < -9223372036854775809.0", "false"),
    ("1 < 9223372036854775808u", "true"), ("9223372036854775808u < 1", "false"),
    ("9223372036854775808.0 < 9223372036854775807", "false"), ("-9223372036854775809.0 < -9223372036854775808", "false"),
];

// comparisons: gt_literal
#[rustfmt::skip]
const GREATER: Table = &[
    ("42 > -42", "true"), ("0 > 0", "false"), ("48u > 46u", "true"), ("0u > 999u", "false"), ("1e+1 > 1e+0", "true"),
    (".99 > 9.9e-1", "false"), ("'abc' > 'aBc'", "true"), ("'A' > ''", "true"), ("'' > ''", "false"),
    ("'α' > 'omega'", "true"), ("true > false", "true"), ("false > true", "false"), ("true > true", "false"),
    ("[1] > [0]", "error"), ("'foo' > 1024", "error"), ("2 > 1u", "true"), ("2 > 1.0", "true"), ("2.0 > 1", "true"),
    ("1 > 1.0", "false"), ("1.0 > 1", "false"), ("-1 > 0u", "false"),
    ("9223372036854775807 > 9223372036854775808.0", "false"), ("-9223372036854775808 > -9223372036854775809.0", "false"),
    ("-9223372036854775808 > -9223372036854777857.0", "true"), ("1 > 9223372036854775808u", "false"),
    ("9223372036854775808u > 1", "true"), ("9223372036854775808.0 > 9223372036854775807", "false"),
];

// comparisons: lte_literal
#[rustfmt::skip]
const LESS_OR_EQUAL: Table = &[
    ("0 <= 1", "true"), ("1 <= 1", "true"), ("1 <= -1", "false"), ("0u <= 1u", "true"), ("1u <= 0u", "false"),
    ("0.0 <= 0.1e-31", "true"), ("0.0 <= 0e-1", "true"), ("1.0 <= 0.99", "false"), ("'' <= ''", "true"),
    ("'' <= 'a'", "true"), ("'a' <= ''", "false"), ("'aBc' <= 'abc'", "true"), ("'α' <= 'α'", "true"),
    ("'a' <= 'α'", "true"), ("'α' <= 'a'", "false"), ("false <= true", "true"), ("false <= false", "true"),
    ("true <= false", "false"), ("[0] <= [0]", "error"), ("'foo' <= 1024", "error"), ("1 <= 2.0", "true"),
    ("1.0 <= 2", "true"), ("2 <= 1.0", "false"), ("2.0 <= 1", "false"),
    ("9223372036854775807 <= 9223372036854775808.0", "true"), ("-9223372036854775808 <= -9223372036854775809.0", "true"),
    ("-9223372036854775808 <= -9223372036854777857.0", "false"),
];

// comparisons: gte_literal
#[rustfmt::skip]
const GREATER_OR_EQUAL: Table = &[
    ("0 >= -1", "true"), ("999 >= 999", "true"), ("999 >= 1000", "false"), ("1u >= 0u", "true"), ("1u >= 10u", "false"),
    ("1e+1 >= 1e+0", "true"), ("9.80665 >= 9.80665e+0", "true"), ("0.9999 >= 1.0", "false"), ("'' >= ''", "true"),
    ("'a' >= ''", "true"), ("'' >= 'a'", "false"), ("'abcd' >= 'abc'", "true"), ("'abc' >= 'abd'", "false"),
    ("'τ' >= 'τ'", "true"), ("'τ' >= 't'", "true"), ("'t' >= 'τ'", "false"), ("true >= false", "true"),
    ("true >= true", "true"), ("false >= true", "false"), ("['y'] >= ['x']", "error"), ("'foo' >= 1.0", "error"),
    ("2 >= 1.0", "true"), ("2.0 >= 1", "true"), ("0 >= 1.0", "false"), ("0.0 >= 1", "false"),
    ("9223372036854775807 >= 9223372036854775808.0", "true"), ("9223372036854775807 >= 9223372036854777857.0", "false"),
];

// comparisons: in_list_literal, in_map_literal, bound
#[rustfmt::skip]
const MEMBERSHIP: Table = &[
    ("'empty' in []", "false"), ("'elem' in ['elem', 'elemA', 'elemB']", "true"),
    ("'not' in ['elem1', 'elem2', 'elem3']", "false"), ("'elem' in [1, 'elem', 2]", "true"),
    ("'elem' in [1u, 'str', 2]", "false"), ("'empty' in {}", "false"), ("'key' in {'key':'1', 'other':'2'}", "true"),
    ("'key' in {'lock':1, 'gate':2}", "false"), ("122 <= x", "true"), ("false < flag", "true"), ("ratio != 9.8", "false"),
    ("{'a':'b','c':'d'} != letters", "false"), ("nothing == null", "true"), ("[1, 2] == list", "false"),
    ("'abcd' >= text", "true"), ("999u == x", "false"),
];

#[test]
fn basic_and_comparisons() {
    check(&[ZERO_LIKE, LITERALS, VARIABLES]);
    check(&[EQUAL, NOT_EQUAL, LESS, GREATER, LESS_OR_EQUAL, GREATER_OR_EQUAL, MEMBERSHIP]);
}

// logic: conditional
#[rustfmt::skip]
const CONDITIONAL: Table = &[
    ("true ? 1 : 2", "1"), ("false ? 'foo' : 'bar'", r#""bar""#), ("2 / 0 > 4 ? 'baz' : 'quux'", "error"),
    ("true ? 'cows' : 17", r#""cows""#), ("'cows' ? false : 17", "error"),
];

// logic: AND, OR, NOT
#[rustfmt::skip]
const LOGIC: Table = &[
    ("true && true", "true"), ("false && false", "false"), ("false && true", "false"), ("true && false", "false"),
    ("false && 32", "false"), ("'horses' && false", "false"), ("false && (2 / 0 > 3 ? false : true)", "false"),
    ("(2 / 0 > 3 ? false : true) && false", "false"), ("true && 1/0 != 0", "error"), ("1/0 != 0 && true", "error"),
    ("'less filling' && 'tastes great'", "error"), ("true || true", "true"), ("false || false", "false"),
    ("false || true", "true"), ("true || false", "true"), ("true || 32", "true"), ("'horses' || true", "true"),
    ("true || (2 / 0 > 3 ? false : true)", "true"), ("(2 / 0 > 3 ? false : true) || true", "true"),
    ("false || 1/0 != 0", "error"), ("1/0 != 0 || false", "error"), ("'less filling' || 'tastes great'", "error"),
    ("!true", "false"), ("!false", "true"), ("!0", "error"),
];

// lists: concatenation, index, in, size
#[rustfmt::skip]
const LISTS: Table = &[
    ("[0, 1, 2] + [3, 4, 5] == [0, 1, 2, 3, 4, 5]", "true"), ("[0, 1, 2] + [3, 4, 5] == [3, 4, 5, 0, 1, 2]", "false"),
    ("[2] + [2]", "[2,2]"), ("[] + []", "[]"), ("[] + [3, 4]", "[3,4]"), ("[1, 2] + []", "[1,2]"), ("[7, 8, 9][0]", "7"),
    ("[7, 8, 9][0.0]", "7"), ("[7, 8, 9][0.1]", "error"), ("[7, 8, 9][0u]", "7"), ("['foo'][0]", r#""foo""#),
    ("[0, 1, 1, 2, 3, 5, 8, 13][4]", "3"), ("['George', 'John', 'Paul', 'Ringo'][3]", r#""Ringo""#), ("7 in []", "false"),
    ("4u in [4u]", "true"), ("'alpha' in ['alpha', 'beta', 'gamma']", "true"), ("3 in [5, 4, 3, 2, 1]", "true"),
    ("20u in [4u, 6u, 8u, 12u, 20u]", "true"), ("3.0 in [5, 4, 3, 2, 1]", "true"), ("3 in [5.0, 4.0, 3.0]", "true"),
    ("'hawaiian' in ['meat', 'veggie', 'margarita', 'cheese']", "false"), ("size([])", "0"), ("size([1, 2, 3])", "3"),
    ("size({})", "0"), ("size({'a': 'one', 'b': 'two', 'c': 'three'})", "3"), ("[1, 2, 3].size()", "3"),
];

// fields: map_fields, map_has, qualified_identifier_resolution, in (with keys that are texts)
#[rustfmt::skip]
const FIELDS: Table = &[
    ("{'name':100u}['name']", "100"), ("record.name", "1024"), ("{'n':'x'}['n']", r#""x""#),
    (r#"{"map": {"k": "v"}}["map"]"#, r#"{"k":"v"}"#), (r#"{"map": {"k": "v"}, "list": [1]}["map"]"#, r#"{"k":"v"}"#),
    ("has({'a': 1, 'b': 2}.a)", "true"), ("has({'a': 1, 'b': 2}.c)", "false"), ("has({}.a)", "false"),
    ("a.b.c", r#""yeah""#), ("{null:false}[null]", "error"), ("{3.3:15.15, 1.0: 5}[1.0]", "error"),
    ("{'a':1,'b':2,'a':3}['a']", "error"), ("{text: 1, 'abc': 2}.abc", "error"), ("7 in {}", "false"),
    ("'George' in {'John': 'smart', 'George': 'quiet'}", "true"), ("'spider' in {'ant': 6, 'fly': 6}", "false"),
];

#[test]
fn logic_lists_and_fields() {
    check(&[CONDITIONAL, LOGIC, LISTS, FIELDS]);
}

// macros: exists
#[rustfmt::skip]
const EXISTS: Table = &[
    ("[1, 2, 3].exists(e, e > 0)", "true"), ("[1, 2, 3].exists(e, e == 2)", "true"), ("[1, 2, 3].exists(e, e > 3)", "false"),
    ("[1, 'foo', 3].exists(e, e != '1')", "true"), ("[1, 'foo', 3].exists(e, e == '10')", "false"),
    ("[1, 2, 3].exists(e, e / 0 == 17)", "error"), ("[].exists(e, e == 2)", "false"),
    ("{'key1':1, 'key2':2}.exists(k, k == 'key2')", "true"), ("!{'key1':1, 'key2':2}.exists(k, k == 'key3')", "true"),
];

// macros: all
#[rustfmt::skip]
const ALL: Table = &[
    ("[1, 2, 3].all(e, e > 0)", "true"), ("[1, 2, 3].all(e, e == 2)", "false"), ("[1, 2, 3].all(e, e == 17)", "false"),
    ("[1, 'foo', 3].all(e, e == 1)", "false"), ("[1, 'foo', 3].all(e, e % 2 == 1)", "error"),
    ("[1, 2, 3].all(e, 6 / (2 - e) == 6)", "false"), ("[1, 2, 3].all(e, e / 0 != 17)", "error"), ("[].all(e, e > 0)", "true"),
    ("{'key1':1, 'key2':2}.all(k, k == 'key2')", "false"),
];

// macros: exists_one
#[rustfmt::skip]
const EXISTS_ONE: Table = &[
    ("[].exists_one(a, a == 7)", "false"), ("[7].exists_one(a, a == 7)", "true"), ("[8].exists_one(a, a == 7)", "false"),
    ("[1, 2, 3].exists_one(x, x > 20)", "false"), ("[6, 7, 8].exists_one(foo, foo % 5 == 2)", "true"),
    ("[0, 1, 2, 3, 4].exists_one(n, n % 2 == 1)", "false"),
    ("['foal', 'foo', 'four'].exists_one(n, n.startsWith('fo'))", "false"),
];

// macros: map, filter, nested
#[rustfmt::skip]
const MAP_AND_FILTER: Table = &[
    ("[].map(n, n / 2)", "[]"), ("[3].map(n, n * n)", "[9]"), ("[2, 4, 6].map(n, n / 2)", "[1,2,3]"),
    ("[1, 2, 3].map(n, n > 1, n * n)", "[4,9]"), ("[].filter(n, n % 2 == 0)", "[]"), ("[2].filter(n, n == 2)", "[2]"),
    ("[1].filter(n, n > 3)", "[]"), ("[1, 2, 3].filter(e, e > 3)", "[]"), ("[0, 1, 2, 3, 4].filter(x, x % 2 == 1)", "[1,3]"),
    ("[1, 2, 3].filter(n, n > 0)", "[1,2,3]"),
    ("['signer'].filter(signer, ['artifact'].all(artifact, true))", r#"["signer"]"#),
    ("['signer'].all(signer, ['artifact'].all(artifact, true))", "true"),
];

#[test]
fn macros() {
    check(&[EXISTS, ALL, EXISTS_ONE, MAP_AND_FILTER]);
}

// integer_math: int64_math
#[rustfmt::skip]
const WHOLE_NUMBERS: Table = &[
    ("40 + 2", "42"), ("42 + (-7)", "35"), ("-4 + (-2)", "-6"), ("42 - 12", "30"), ("42 - (-22)", "64"),
    ("-42 - (-12)", "-30"), ("42 * 2", "84"), ("40 * (-2)", "-80"), ("-30 * (-2)", "60"), ("42 / 2", "21"),
    ("-20 / 2", "-10"), ("-80 / (-2)", "40"), ("47 % 5", "2"), ("43 % (-5)", "3"), ("-42 % (-5)", "-2"), ("-3 % 5", "-3"),
    ("-(42)", "-42"), ("-(-42)", "42"), ("-false", "error"), ("34 % 0", "error"), ("-(0)", "0"), ("15 / 0", "error"),
    ("15 * 0", "0"), ("0 + 17", "17"), (" 29 + 0", "29"), ("75 + 15 == 15 + 75", "true"),
    ("5 + (15 + 20) == (5 + 15) + 20", "true"), ("1 * 45", "45"), ("-25 * 1", "-25"), ("15 * 25 == 25 * 15", "true"),
    ("15 * (23 * 88) == (15 * 23) * 88", "true"), ("5 * (15 + 25)  == 5 * 15 + 5 * 25", "true"),
    ("9223372036854775807 + 1", "error"), ("-9223372036854775808 - 1", "error"), ("-9223372036854775808 + (-1)", "error"),
    ("1 - (-9223372036854775807)", "error"), ("-(-9223372036854775808)", "error"), ("(-9223372036854775808) * -1", "error"),
    ("(-9223372036854775808)/-1", "error"), ("5000000000 * 5000000000", "error"), ("(-5000000000) * 5000000000", "error"),
];

// integer_math: uint64_math (where whole numbers behave alike)
#[rustfmt::skip]
const UNSIGNED: Table = &[
    ("42u + 2u", "44"), ("42u - 12u", "30"), ("40u * 2u", "80"), ("60u / 2u", "30"), ("42u % 5u", "2"),
    ("34u % 0u", "error"), ("15u / 0u", "error"), ("15u * 0u", "0"), ("0u + 17u", "17"), ("25u * 1u", "25"),
    ("5u * (15u + 25u)  == 5u * 15u + 5u * 25u", "true"), ("5000000000u * 5000000000u", "error"),
];

// fp_math
#[rustfmt::skip]
const FRACTIONS: Table = &[
    ("4.25 + 15.25", "19.5"), ("17.75 + (-7.75)", "10.0"), ("-4.125 + (-2.125)", "-6.25"), ("42.0 - 12.0", "30.0"),
    ("42.875 - (-22.0)", "64.875"), ("-4.875 - (-0.125)", "-4.75"), ("42.5 * 0.2", "8.5"), ("40.75 * (-2.25)", "-91.6875"),
    ("-3.0 * (-2.5)", "7.5"), ("0.0625 / 0.002", "31.25"), ("-2.0 / 2.0", "-1.0"), ("-8.875 / (-0.0625)", "142.0"),
    ("47.5 % 5.5", "error"), ("-(4.5)", "-4.5"), ("-(-1.25)", "1.25"), ("-(0.0)", "-0.0"), ("15.75 / 0.0", "inf"),
    ("15.36 * 0.0", "0.0"), ("0.0 + 1.75", "1.75"), (" 2.5 + 0.0", "2.5"), ("7.5 + 1.5 == 1.5 + 7.5", "true"),
    ("5.625 + (15.75 + 2.0) == (5.625 + 15.75) + 2.0", "true"), ("1.0 * 45.25", "45.25"), ("-25.25 * 1.0", "-25.25"),
    ("1.5 * 25.875 == 25.875 * 1.5", "true"), ("1.5 * (23.625 * 0.75) == (1.5 * 23.625) * 0.75", "true"),
    ("5.75 * (1.5 + 2.5)  == 5.75 * 1.5 + 5.75 * 2.5", "true"), ("2.0 * 8.988466e+307 ", "inf"),
    ("2.0 * -8.988466e+307 ", "-inf"), ("1e-324  / 2.0", "0.0"),
];

#[test]
fn arithmetic() {
    check(&[WHOLE_NUMBERS, UNSIGNED, FRACTIONS]);
}

// string: size, starts_with, ends_with
#[rustfmt::skip]
const TEXTS: Table = &[
    ("size('')", "0"), ("size('A')", "1"), ("size('ÿ')", "1"), ("size('four')", "4"), ("size('πέντε')", "5"),
    ("'foobar'.startsWith('foo')", "true"), ("'foobar'.startsWith('bar')", "false"), ("''.startsWith('foo')", "false"),
    ("'foobar'.startsWith('')", "true"), ("''.startsWith('')", "true"), ("'завтра'.startsWith('за')", "true"),
    ("'🐱😀😛'.startsWith('🐱')", "true"), ("'foobar'.endsWith('bar')", "true"), ("'foobar'.endsWith('foo')", "false"),
    ("''.endsWith('foo')", "false"), ("'foobar'.endsWith('')", "true"), ("''.endsWith('')", "true"),
    ("'forté'.endsWith('té')", "true"), ("'🐱😀😛'.endsWith('😛')", "true"),
];

// string: matches, concatenation, contains
#[rustfmt::skip]
const MATCHING: Table = &[
    ("'hubba'.matches('ubb')", "true"), ("''.matches('foo|bar')", "false"), ("'cows'.matches('')", "true"),
    ("''.matches('')", "true"), ("'abcd'.matches('bc')", "true"), ("'grey'.matches('gr(a|e)y')", "true"),
    ("'banana'.matches('ba(na)*')", "true"), ("'mañana'.matches('a+ñ+a+')", "true"), ("'🐱😀😀'.matches('(a|😀){2}')", "true"),
    ("'he' + 'llo'", r#""hello""#), ("'hello' + ' ' == 'hello'", "false"), ("'' + 'abc'", r#""abc""#),
    ("'abc' + ''", r#""abc""#), ("'' + ''", r#""""#), ("'¢' + 'ÿ' + 'Ȁ'", r#""¢ÿȀ""#), ("'r' + 'ô' + 'le'", r#""rôle""#),
    ("'a' + 'ÿ' + '🐱'", r#""aÿ🐱""#), ("'' + 'Ω' + ''", r#""Ω""#), ("'hello'.contains('he')", "true"),
    ("'hello'.contains('')", "true"), ("'hello'.contains('ol')", "false"), ("'abababc'.contains('ababc')", "true"),
    ("'Straße'.contains('aß')", "true"), ("'🐱😀😁'.contains('😀')", "true"), ("''.contains('something')", "false"),
    ("''.contains('')", "true"),
];

// string_ext: ascii_casing, replace, split, trim, join, type_errors
#[rustfmt::skip]
const STRING_LIBRARY: Table = &[
    ("'TacoCat'.lowerAscii()", r#""tacocat""#), ("'TacoCÆt'.lowerAscii()", r#""tacocÆt""#),
    ("'TacoCÆt Xii'.lowerAscii()", r#""tacocÆt xii""#), ("'tacoCat'.upperAscii()", r#""TACOCAT""#),
    ("'tacoCαt'.upperAscii()", r#""TACOCαT""#), ("'TacoCÆt Xii'.upperAscii()", r#""TACOCÆT XII""#),
    ("'12 days 12 hours'.replace('{0}', '2')", r#""12 days 12 hours""#),
    ("'{0} days {0} hours'.replace('{0}', '2')", r#""2 days 2 hours""#),
    ("'1 ©αT taco'.replace('αT', 'o©α')", r#""1 ©o©α taco""#), ("'hello world'.split(' ')", r#"["hello","world"]"#),
    ("'o©o©o©o'.split('©')", r#"["o","o","o","o"]"#), ("'42'.split('')", r#"["4","2"]"#),
    (r"' \f\n\r\t\vtext  '.trim()", r#""text""#), (r"'\u0085\u00a0\u1680text'.trim()", r#""text""#),
    (r"'text\u2000\u2001\u2002\u2003\u2004\u2004\u2006\u2007\u2008\u2009'.trim()", r#""text""#),
    (r"'\u200atext\u2028\u2029\u202F\u205F\u3000'.trim()", r#""text""#),
    (r"'\u180etext\u200b\u200c\u200d\u2060\ufeff'.trim()", "\"\u{180e}text\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\""),
    ("['x', 'y'].join()", r#""xy""#), ("['x', 'y'].join('-')", r#""x-y""#), ("[].join()", r#""""#), ("[].join('-')", r#""""#),
    ("42.split('2')", "error"), ("42.replace(2, 1)", "error"), ("'42'.replace(2, 1)", "error"), ("'42'.replace('2', 1)", "error"),
    ("42.split('')", "error"), ("'42'.split(2)", "error"),
];

// conversions: double, int, string, and to uint where it is to int
#[rustfmt::skip]
const CONVERSIONS: Table = &[
    ("double(0)", "0.0"), ("double(1000000000000)", "1e12"), ("double(-1000000000000000)", "-1e15"),
    ("double(-9007199254740992)", "-9.007199254740992e15"), ("double(9223372036854775807)", "9.223372036854775807e18"),
    ("double(123u)", "123.0"), ("double(18446744073709551615u)", "1.8446744073709551615e19"), ("double('0')", "0.0"),
    ("double('0.0')", "0.0"), ("double('-0.0')", "-0.0"), ("double('123')", "123.0"), ("double('123.456')", "123.456"),
    ("double('-987.654')", "-987.654"), ("double('6.02214e23')", "6.02214e23"), ("double('1.38e-23')", "1.38e-23"),
    ("double('-84.32e7')", "-8.432e8"), ("double('-5.43e-21')", "-5.43e-21"), ("int(42u)", "42"), ("int(0u)", "0"),
    ("int(9223372036854775807u)", "9223372036854775807"), ("int(18446744073709551615u)", "error"), ("int(-123.456)", "-123"),
    ("int(1.9)", "1"), ("int(-7.9)", "-7"), ("int(11.5)", "11"), ("int(-3.5)", "-3"),
    ("int(double(36028797018963968))", "36028797018963968"), ("int(double(36028797018963969))", "36028797018963968"),
    ("int(9223372036854775807.0)", "error"), ("int(-9223372036854775808.0)", "error"), ("int(1e99)", "error"),
    ("int(9223372036854774784.0)", "9223372036854774784"), ("int('987')", "987"), ("string(123)", r#""123""#),
    ("string(-456)", r#""-456""#), ("string(9876u)", r#""9876""#), ("string(123.456)", r#""123.456""#),
    ("string(-4.5e-3)", r#""-0.0045""#),
];

#[test]
fn texts_and_conversions() {
    check(&[TEXTS, MATCHING, STRING_LIBRARY, CONVERSIONS]);
}

// parse: nest, repeat
#[test]
fn long_and_deep_expressions() {
    let nested = |open: &str, inner: &str, close: &str, times: usize| {
        [&open.repeat(times), inner, &close.repeat(times)].concat()
    };
    let chain = |part: &str, times: usize, last: &str| [&part.repeat(times), last].concat();
    let numbers = (0..32).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let entries = (0..32).map(|number| format!("'{number}': 'n{number}'")).collect::<Vec<_>>().join(", ");
    for (expression, expected) in [
        (nested("zeros[", "0", "]", 12), "0"),
        (nested("int(", "7", ")", 12), "7"),
        (format!("size({})", nested("[", "0", "]", 12)), "1"),
        (format!("size({})", nested("{'0': ", "'foo'", "}", 12)), "1"),
        (nested("(", "7", ")", 32), "7"),
        (chain("true ? true : ", 24, "false"), "true"),
        (chain("false || ", 31, "true"), "true"),
        (chain("true && ", 31, "false"), "false"),
        (chain("3 - 3 + ", 12, "3"), "3"),
        (format!("4{}", " * 4 / 4".repeat(12)), "4"),
        (chain("!", 32, "true"), "true"),
        (chain("-", 32, "19"), "19"),
        (format!("a{}", ".b".repeat(12)), "null"),
        (nested("[", "'foo'", "]", 12) + &"[0]".repeat(12), r#""foo""#),
        (format!("[{numbers}][17]"), "17"),
        (format!("{{{entries}}}['17']"), r#""n17""#),
    ] {
        assert_eq!(outcome(&expression), Ok(normal(expected)), "{expression}");
    }
}

// parse: string_literals. Each text in the four quotes that CEL has; a text in simple quotes has no line break.
#[test]
fn text_literals() {
    let plain = [
        ("hello", "hello"),
        (r#" \\ \? \" \' \` "#, " \\ ? \" ' ` "),
        (r" \a \b \f \t \v ", " \u{7} \u{8} \u{c} \t \u{b} "),
        (" \u{7} \u{8} \u{c} \t \u{b} ", " \u{7} \u{8} \u{c} \t \u{b} "),
        (r" \n ", " \n "),
        (r" \r ", " \r "),
        (r" \r\n ", " \r\n "),
        (r" \x01 \x0e \x1f \x7F ", " \u{1} \u{e} \u{1f} \u{7f} "),
        (" \u{1} \u{e} \u{1f} \u{7f} ", " \u{1} \u{e} \u{1f} \u{7f} "),
        (r" \000 \012 \177 ", " \0 \n \u{7f} "),
        (r" \x00 \x0A \x7F ", " \0 \n \u{7f} "),
        (r" \X00 \X0A \X7F ", " \0 \n \u{7f} "),
        (r" \u0000 \u000A \u007F \u0100 \uFFFB ", " \0 \n \u{7f} \u{100} \u{fffb} "),
        (r" \U00000000 \U0000007F \U00000100 \U00010000 \U0001F62C ", " \0 \u{7f} \u{100} \u{10000} \u{1f62c} "),
        (r" \x4a \x4B \X4c \X4D \u01aB \U000001aB ", " J K L M \u{1ab} \u{1ab} "),
        (r" \U00088888 ", " \u{88888} "),
        (" \u{88888} ", " \u{88888} "),
    ];
    let mut wrong = Vec::new();
    let mut expect = |expression: String, expected: &str| {
        let got = outcome(&expression);
        if got != Ok(Value::from(expected).to_string()) {
            wrong.push(format!("{expression:?}: expected {expected:?}, got {got:?}"));
        }
    };
    for quote in ["'", "\"", "'''", "\"\"\""] {
        for (written, expected) in plain {
            expect([quote, written, quote].concat(), expected);
        }
        for raw in ["r", "R"] {
            let inner = r" \\ \? \` \a \b \f \t \v \n \r \000 \x00 \X00 \u0000 \U00000000 ";
            expect([raw, quote, inner, quote].concat(), inner);
        }
    }
    for quote in ["'''", "\"\"\""] {
        for inner in [" ? \" ' ` ", " \n "] {
            expect([quote, inner, quote].concat(), inner);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Expression, what CEL expects, what conditions do; `unknown` and `refused` are ours for CEL's errors.
const DIFFERS: &[(&str, &str, &str)] = &[
    // Absent is null (fields: map_fields, qualified_identifier_resolution; lists: index).
    ("other.name", "error", "null"),
    ("list.pancakes", "error", "null"),
    ("x.pancakes", "error", "null"),
    ("[1, 2, 3][3]", "error", "null"),
    ("{'a': 1}['b']", "error", "null"),
    // ... and null compares as false (comparisons: lt_null_unsupported and its relatives).
    ("null < null", "error", "false"),
    ("null > null", "error", "false"),
    ("null <= null", "error", "false"),
    ("null >= null", "error", "false"),
    ("null < nothing", "error", "false"),
    ("!null", "error", "true"),
    ("null ? 1 : 2", "error", "2"),
    ("null in [null]", "true", "false"),
    ("has({'a': null}.a)", "true", "false"),
    // Whole numbers are signed, whatever they are written like (integer_math).
    ("-(42u)", "error", "-42"),
    ("0u - 1u", "error", "-1"),
    // Numbers of both kinds may be mixed; a whole number beyond 64 bits is one with a fraction.
    ("1 + 1.5", "error", "2.5"),
    ("18446744073709551615u + 1u", "error", "1.8446744073709552e19"),
    // An element that cannot be computed is one unknown element, not the end (macros: map, filter, exists_one).
    ("[2, 1, 0].map(n, 4 / n)", "error", r#"[2,4,"?"]"#),
    ("[3, 2, 1, 0].filter(n, 12 / n > 4)", "error", r#"[2,1,"?"]"#),
    ("[3, 2, 1, 0].exists_one(n, 12 / n > 1)", "error", "false"),
    // The keys of maps are texts, as in JSON (fields: map_fields; macros: map_one, map_some; conversions).
    ("{0:1,2:2,5:true}[5]", "true", "unknown"),
    ("{true:5}[true]", "5", "unknown"),
    ("{'a': 1}[0]", "error", "null"),
    ("true in {true: 1}", "true", "unknown"),
    ("{6: 'six', 7: 'seven'}.exists_one(foo, foo % 5 == 2)", "true", "unknown"),
    ("size({1: 'one'})", "1", "unknown"),
    // The parser makes every line end a line feed, as YAML does in the file around it (parse: string_literals).
    ("''' \r '''", r#"" \r ""#, r#"" \n ""#),
    ("''' \r\n '''", r#"" \r\n ""#, r#"" \n ""#),
    // Names are checked before anything runs (basic: unbound_is_runtime_error).
    ("y || true", "true", "refused"),
    ("f_unknown(17) || true", "true", "refused"),
    // Not there: byte strings, types, dyn, uint(), messages, and parts of the string library.
    ("b'abc' == b'abc'", "true", "refused"),
    ("size(b'abc')", "3", "refused"),
    ("type(1) == int", "true", "refused"),
    ("dyn(1) == 1u", "true", "refused"),
    ("uint(1729)", "1729", "refused"),
    ("google.protobuf.BoolValue{value: true}", "true", "refused"),
    ("int(timestamp('2004-09-16T23:59:59Z'))", "1095379199", "refused"),
    ("'tacocat'.charAt(3)", r#""o""#, "refused"),
    ("'tacocat'.indexOf('ac')", "1", "refused"),
    ("'tacocat'.lastIndexOf('at')", "5", "refused"),
    ("'tacocat'.substring(4)", r#""cat""#, "refused"),
    ("'hello world events!'.split(' ', 0)", "[]", "refused"),
    ("'{0} {0}'.replace('{0}', '2', 1)", r#""2 {0}""#, "refused"),
    ("'%s'.format(['a'])", r#""a""#, "refused"),
    // A pattern has to be a constant, so that it is compiled once.
    ("'abc'.matches(text)", "true", "refused"),
];

#[test]
fn deliberate_differences_are_as_documented() {
    let mut wrong = Vec::new();
    for (expression, cel, ours) in DIFFERS {
        assert_ne!(cel, ours, "{expression} does not differ");
        let got = match outcome(expression) {
            Ok(value) => value,
            Err(why) if why.starts_with("refused") => "refused".to_owned(),
            Err(_) => "unknown".to_owned(),
        };
        let expected = if matches!(*ours, "unknown" | "refused") { (*ours).to_owned() } else { normal(ours) };
        if got != expected {
            wrong.push(format!("{expression}: CEL expects {cel}, we say {ours}, got {got}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
