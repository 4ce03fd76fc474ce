//! Each way to break a query is seen, and none that breaks nothing is.

use super::differences::breaking;

const OLD: &str = "
    type Query { lead(id: ID!, tidy: Boolean): Lead leads(filter: Filter): [Lead!]! }
    type Lead implements Node { id: ID! name: String state: State! }
    interface Node { id: ID! }
    enum State { NEW WON }
    input Filter { state: State }
    scalar Day";

#[test]
fn what_breaks_a_query_is_named() {
    for (from, to, broken) in [
        ("scalar Day", "", "Day is gone"),
        ("scalar Day", "enum Day { MONDAY }", "Day is something else"),
        (" name: String", "", "Lead.name is gone"),
        ("name: String", "name: Int", "Lead.name was String and is Int"),
        ("state: State! }", "state: State }", "Lead.state was State! and is State"),
        ("[Lead!]!", "[Lead]!", "Query.leads was [Lead!]! and is [Lead]!"),
        (", tidy: Boolean", "", "Query.lead(tidy) is gone"),
        ("tidy: Boolean", "tidy: Boolean!", "Query.lead(tidy) was Boolean and is Boolean!"),
        ("(filter: Filter)", "(filter: Filter, org: ID!)", "Query.leads(org) is needed now"),
        (
            "input Filter { state: State }",
            "input Filter { state: State now: Day! }",
            "Filter(now) is needed now",
        ),
        ("NEW WON", "NEW", "State.WON is gone"),
        (" implements Node", "", "Lead is no Node any more"),
    ] {
        let new = OLD.replace(from, to);
        assert_ne!(new, OLD, "{from}");
        assert_eq!(breaking(OLD, &new).into_iter().collect::<Vec<_>>(), [broken], "{to}");
    }
}

#[test]
fn what_breaks_nothing_is_let_through() {
    for (from, to) in [
        ("scalar Day", "scalar Day scalar Hour"),
        ("name: String", "name: String! age: Int"),
        ("tidy: Boolean", "tidy: Boolean, now: Boolean, soon: Boolean! = true"),
        ("lead(id: ID!", "lead(id: ID"),
        ("NEW WON", "NEW WON LOST"),
        ("input Filter { state: State }", "input Filter { state: State day: Day }"),
    ] {
        let new = OLD.replace(from, to);
        assert_ne!(new, OLD, "{from}");
        assert_eq!(breaking(OLD, &new), [].into(), "{to}");
    }
}
