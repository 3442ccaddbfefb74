//! The functions of conditions, one table. `docs/cel.md` describes each for the people who write packs.
//!
//! Conventions: a function never fails. Unknown arguments give an unknown result (unless `lenient`), null
//! arguments give null or false as documented, arguments of the wrong kind give an unknown with a message.
//! A function that looks inside a document answers unknown where an unknown part of it could change the
//! answer (`three_valued`), and never something else than it would answer if that part were known.

mod alarm_chain;
mod backup;
mod decode;
mod filter_pattern;
pub mod glob;
mod lists;
mod network;
pub mod policy;
mod related;
mod text;
mod three_valued;

use std::ops::RangeInclusive;

use super::eval::Env;
use super::value::Val;

type Run = for<'a> fn(&Env<'a, '_>, &[Val<'a>]) -> Val<'a>;

/// One function.
pub struct Function {
    /// Its name in conditions.
    pub name: &'static str,
    /// How many arguments it takes, the target of a method call included.
    pub arity: RangeInclusive<usize>,
    /// Its first argument is a type name: it reads other resources.
    pub reads_type: bool,
    /// Types that it reads whatever its arguments are.
    pub types: &'static [&'static str],
    /// It is called even with unknown arguments.
    lenient: bool,
    run: Run,
}

impl std::fmt::Debug for Function {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name)
    }
}

impl Function {
    /// Calls it.
    pub(crate) fn call<'a>(&self, env: &Env<'a, '_>, args: &[Val<'a>]) -> Val<'a> {
        if !self.lenient
            && let Some(Val::Unknown(why)) = args.iter().find(|arg| arg.is_unknown())
        {
            return Val::Unknown(why.clone());
        }
        (self.run)(env, args)
    }
}

const fn function(name: &'static str, arity: RangeInclusive<usize>, run: Run) -> Function {
    Function { name, arity, reads_type: false, types: &[], lenient: false, run }
}

const fn reading(name: &'static str, arity: RangeInclusive<usize>, run: Run) -> Function {
    Function { name, arity, reads_type: true, types: &[], lenient: false, run }
}

const fn lenient(name: &'static str, arity: RangeInclusive<usize>, run: Run) -> Function {
    Function { name, arity, reads_type: false, types: &[], lenient: true, run }
}

const fn over_types(
    name: &'static str,
    arity: RangeInclusive<usize>,
    types: &'static [&'static str],
    run: Run,
) -> Function {
    Function { name, arity, reads_type: false, types, lenient: false, run }
}

/// All functions.
static TABLE: &[Function] = &[
    reading("resources", 1..=1, related::resources),
    reading("resources_everywhere", 1..=1, related::resources_everywhere),
    reading("related", 3..=3, related::related),
    reading("related_everywhere", 3..=3, related::related_everywhere),
    reading("setting", 1..=1, related::setting),
    function("age_days", 1..=1, text::age_days),
    function("open_to_world", 1..=1, network::open_to_world),
    function("open_to_world_ipv4", 1..=1, network::open_to_world_ipv4),
    function("open_to_world_ipv6", 1..=1, network::open_to_world_ipv6),
    function("covers_port", 2..=3, network::covers_port),
    function("ingress_rules", 1..=1, network::ingress_rules),
    function("egress_rules", 1..=1, network::egress_rules),
    function("policy_allows_public", 1..=2, policy::allows_public),
    function("policy_allows_other_accounts", 3..=3, policy::allows_other_accounts),
    function("policy_denies_insecure_transport", 1..=1, policy::denies_insecure_transport),
    function("policy_allows_admin", 1..=1, policy::allows_admin),
    function("policy_allows_service_wildcard", 1..=1, policy::allows_service_wildcard),
    function("policy_allows_on_all_resources", 2..=2, policy::allows_on_all_resources),
    function("policy_allows_service_unpinned", 2..=2, policy::allows_service_unpinned),
    function("backup_selected", 3..=3, backup::backup_selected),
    over_types("alarm_chain", 1..=2, alarm_chain::TYPES, alarm_chain::alarm_chain),
    function("config_types_judged", 0..=0, related::config_types_judged),
    function("opens_only_ports", 3..=3, network::opens_only_ports),
    function("distinct", 1..=1, lists::distinct),
    function("without", 2..=2, lists::without),
    function("tagged", 2..=2, lists::tagged),
    function("tags", 1..=1, lists::tags),
    function("dict", 3..=3, lists::dict),
    function("lookup", 3..=3, lists::lookup),
    function("first", 1..=1, lists::first),
    function("flatten", 1..=1, lists::flatten),
    function("size", 1..=1, lists::size),
    lenient("coalesce", 1..=8, lists::coalesce),
    function("pascal", 1..=1, lists::pascal),
    function("version_at_least", 2..=2, text::version_at_least),
    function("glob", 2..=2, text::glob),
    function("same_filter_pattern", 2..=2, filter_pattern::same_filter_pattern),
    function("json", 1..=1, decode::json),
    function("urldecode", 1..=1, decode::urldecode),
    function("base64", 1..=1, decode::base64),
    function("csv", 1..=1, decode::csv),
    function("bool", 1..=1, text::to_bool),
    function("int", 1..=1, text::to_int),
    function("double", 1..=1, text::to_double),
    function("string", 1..=1, text::to_text),
    function("arn", 2..=2, text::arn),
    function("startsWith", 2..=2, text::starts_with),
    function("endsWith", 2..=2, text::ends_with),
    function("contains", 2..=2, text::contains),
    function("split", 2..=2, text::split),
    function("join", 1..=2, text::join),
    function("lowerAscii", 1..=1, text::lower),
    function("upperAscii", 1..=1, text::upper),
    function("trim", 1..=1, text::trim),
    function("replace", 3..=3, text::replace),
];

/// The function of that name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    TABLE.iter().find(|function| function.name == name)
}

/// All names, in the order of the table.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|function| function.name)
}
