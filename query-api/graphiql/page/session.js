// Who is signed in: by the token that the link `/graphiql#token=…` brings, or one that was typed in. A fragment is sent to no
// server, so it is in nobody's log; it is taken out of the address at once, and kept as long as the tab is open.

const KEPT = "xentri.token";

/** Null where nobody is signed in. `until` is null where the token does not say. */
export function begin() {
  const linked = new URLSearchParams(location.hash.slice(1)).get("token");
  if (linked) {
    sessionStorage.setItem(KEPT, linked);
    history.replaceState(null, "", location.pathname + location.search);
  }
  const token = sessionStorage.getItem(KEPT);
  return token && { token, ...claims(token) };
}

export function signIn(token) {
  sessionStorage.setItem(KEPT, token.trim().replace(/^Bearer\s+/i, ""));
  location.reload();
}

export function signOut() {
  sessionStorage.removeItem(KEPT);
  location.reload();
}

/** To be shown and no more: whether they are true, the server finds out. */
function claims(token) {
  try {
    const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const { sub, org_id, org_role, exp } = JSON.parse(atob(payload));
    return { name: org_role ?? sub, org: org_id, until: exp ? new Date(exp * 1000) : null };
  } catch {
    return { name: "somebody", until: null };
  }
}
