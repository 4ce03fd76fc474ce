use super::{Grant, Grants};
use crate::kernel::{Permission, Role, Scope};

/// What a word grants, as words.
fn granted(word: &str) -> Vec<String> {
    let grant = Grant::parse(word).unwrap();
    assert_eq!(grant.to_string(), word);
    Permission::all()
        .filter(|permission| grant.allows(*permission))
        .map(|permission| permission.to_string())
        .collect()
}

#[test]
fn an_orgs_token_gives_nothing_of_the_platform() {
    for word in ["platform:*", "platform:operate"] {
        assert!(Grant::parse(word).is_ok() && Grant::parse_of_org(word).is_err(), "{word}");
    }
    assert_eq!(Grant::parse_of_org("*"), Ok(Grant::Everything));
}

#[test]
fn a_plain_word_grants_itself_alone() {
    for permission in Permission::all().filter(|permission| permission.scope().is_none()) {
        assert_eq!(granted(&permission.to_string()), [permission.to_string()]);
    }
}

#[test]
fn a_scope_grants_those_below_it() {
    assert_eq!(granted("pulse:module.leads"), ["pulse:module.leads"]);
    assert_eq!(
        granted("pulse:category.sales"),
        ["pulse:category.sales", "pulse:subcategory.crm", "pulse:module.leads"]
    );
    assert_eq!(granted("pulse:strategy"), granted("pulse:*"));
    assert_eq!(granted("pulse:strategy").len(), Scope::all().count());
}

#[test]
fn stars_stand_for_what_the_table_says() {
    assert_eq!(granted("sales:*"), ["sales:read", "sales:write"]);
    assert_eq!(granted("finance:*"), ["finance:read", "finance:write", "finance:issue"]);
    assert_eq!(granted("*:read"), ["core:read", "strategy:read", "sales:read", "finance:read", "brand:read"]);
    assert_eq!(
        granted("*:write"),
        ["core:write", "strategy:write", "sales:write", "finance:write", "brand:write"]
    );
    assert_eq!(
        granted("pulse:module.*"),
        ["pulse:module.brief", "pulse:module.leads", "pulse:module.invoicing", "pulse:module.website"]
    );
    assert_eq!(granted("pulse:subcategory.*").len(), 8);
    assert_eq!(granted("pulse:category.*").len(), 12);
    assert_eq!(granted("platform:*"), ["platform:operate"]);
}

#[test]
fn the_star_alone_does_not_reach_the_platform() {
    let everything = granted("*");
    assert!(!everything.contains(&"platform:operate".to_owned()));
    assert_eq!(everything.len(), Permission::all().count() - 1);
}

#[test]
fn other_words_grant_nothing() {
    for bad in [
        "",
        ":",
        ":*",
        "**",
        "*:*",
        "*:approve",
        "sales",
        "sales:",
        "sales:re*",
        "s*:read",
        "pulse:module.x",
        "pulse:strategy.*",
        "crm:*",
        "Sales:*",
        " *",
    ] {
        assert!(Grant::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_user_lands_on_the_highest_scopes() {
    let tops = |words: &[&str]| {
        let grants: Grants = words.iter().map(|word| Grant::parse(word).unwrap()).collect();
        grants.top_scopes().into_iter().map(Scope::as_str).collect::<Vec<_>>()
    };
    assert_eq!(tops(&["pulse:strategy", "pulse:module.*"]), ["strategy"]);
    assert_eq!(
        tops(&["pulse:module.*"]),
        ["module.brief", "module.leads", "module.invoicing", "module.website"]
    );
    assert_eq!(
        tops(&["pulse:category.sales", "pulse:module.leads", "pulse:module.website"]),
        ["category.sales", "module.website"]
    );
    assert_eq!(tops(&["pulse:category.*"]).len(), 4);
    assert!(tops(&["*:read"]).is_empty());
}

#[test]
fn grants_add_up() {
    let mut grants = Grants::from(Role::Integrator);
    assert!(!grants.allows(Permission::SALES_READ));
    grants.extend([Grant::One(Permission::SALES_READ)]);
    assert!(grants.allows(Permission::SALES_READ) && grants.allows(Permission::EVENTS_SUBSCRIBE));
    assert!(!Grants::default().allows(Permission::CORE_READ));
}
