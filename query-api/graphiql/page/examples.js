// What the tabs have in which nobody has written yet.

import overview from "./examples/overview.graphql";
import history from "./examples/history.graphql";
import watch from "./examples/watch.graphql";

export const examples = [overview, history, watch].map((query) => ({ query }));
