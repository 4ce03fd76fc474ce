//! How every transaction begins: as a role, in one round trip and as few statements as can be, for it is done hundreds of times
//! a second.

use std::time::Duration;

use xentri_domain::kernel::OrgId;

/// As one of the system's roles, with settings of its own. Every statement here is a probe or a range of an index
/// whatever its arguments are: to plan it for those each time takes longer than running it. A plan that is kept must not be
/// one for a table that was small when it was made, so none scans a table; and none takes a bitmap, which would be sorted
/// afterwards, bodies and all, where the index has the order.
///
/// One text without binds, so whatever goes into it has a form that can't hold a quote.
pub(super) fn begin_as(mode: &str, role: &str, own: &[(&str, String)]) -> String {
    let set = |(name, value): (&str, &str)| format!("set_config('{name}', '{value}', true)");
    let always = [
        ("role", role),
        ("enable_bitmapscan", "off"),
        ("enable_seqscan", "off"),
        ("plan_cache_mode", "force_generic_plan"),
    ];
    let own = own.iter().map(|(name, value)| (*name, value.as_str()));
    let settings: Vec<_> = always.into_iter().chain(own).map(set).collect();
    format!("begin {mode}; select {}", settings.join(", "))
}

/// For one org.
pub(crate) fn begin_for(org: OrgId, mode: &str) -> String {
    begin_as(mode, "xentri_app", &[of(org)])
}

/// The same, with the longest time that one statement may take.
pub(crate) fn begin_within(org: OrgId, mode: &str, longest: Duration) -> String {
    let longest = ("statement_timeout", longest.as_millis().max(1).to_string());
    begin_as(mode, "xentri_app", &[of(org), longest])
}

/// The same as the auditor, who holds no keys and changes nothing.
pub(crate) fn begin_audit(org: OrgId, mode: &str) -> String {
    begin_as(mode, "xentri_auditor", &[of(org)])
}

fn of(org: OrgId) -> (&'static str, String) {
    ("app.current_org_id", org.to_string())
}
