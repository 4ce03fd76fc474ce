import { GraphiQL } from "graphiql";
import { useMemo, useState } from "react";
import { examples } from "./examples.js";
import { fetcher } from "./fetcher.js";
import { signIn, signOut } from "./session.js";

export function Page({ session }) {
  const ask = useMemo(() => fetcher(session?.token), [session]);
  const over = session?.until && session.until < new Date();
  return (
    <>
      {(!session || over) && <SignIn over={over} />}
      <GraphiQL fetcher={ask} defaultTabs={examples} inputValueDeprecation schemaDescription>
        <GraphiQL.Logo>{session ? <SignedIn {...session} /> : "Xentri"}</GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

function SignedIn({ name, org, until }) {
  const time = until?.toLocaleString([], { weekday: "short", hour: "2-digit", minute: "2-digit" });
  return (
    <span className="signed-in" title={org && `org ${org}`}>
      {name}
      {time && ` until ${time}`}
      <button type="button" className="graphiql-un-styled" onClick={signOut}>
        Sign out
      </button>
    </span>
  );
}

function SignIn({ over }) {
  const [token, setToken] = useState("");
  const submit = (event) => {
    event.preventDefault();
    if (token.trim()) signIn(token);
  };
  return (
    <form className="sign-in" onSubmit={submit}>
      <span>
        {over ? "The token has expired. " : "Nobody is signed in. "}
        <code>xentri token --org ORG --role owner</code> prints a token:
      </span>
      <input type="password" aria-label="Token" autoComplete="off" value={token} onChange={(event) => setToken(event.target.value)} />
      <button type="submit">Sign in</button>
    </form>
  );
}
