// How GraphiQL asks: queries by POST, subscriptions by graphql-transport-ws, both as whoever is signed in. An `Authorization`
// in the editor of headers is stronger.

import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";

const ADDRESS = new URL("graphql", location.href);

export const fetcher =
  (token) =>
  (request, { headers, documentAST } = {}) => {
    const all = { ...(token && !names(headers, "authorization") && { Authorization: `Bearer ${token}` }), ...headers };
    const operation = documentAST && getOperationAST(documentAST, request.operationName);
    return operation?.operation === "subscription" ? subscription(request, all) : answer(request, all);
  };

const names = (headers, name) => Object.keys(headers ?? {}).some((key) => key.toLowerCase() === name);

async function answer(request, headers) {
  try {
    const sent = { Accept: "application/graphql-response+json, application/json", "Content-Type": "application/json", ...headers };
    const response = await fetch(ADDRESS, { method: "POST", headers: sent, body: JSON.stringify(request) });
    return await response.json();
  } catch (error) {
    throw told(error);
  }
}

function subscription(request, headers) {
  const subscribe = (observer) => {
    const address = new URL(ADDRESS);
    address.protocol = address.protocol.replace("http", "ws");
    const client = createClient({ url: address.href, connectionParams: headers, retryAttempts: 0 });
    const stop = client.subscribe(request, {
      next: (result) => observer.next(result),
      error: (error) => observer.error(told(error)),
      complete: () => observer.complete(),
    });
    return { unsubscribe: stop };
  };
  return { subscribe };
}

/** GraphiQL shows all of an error that is no `Error`: a message of one line instead of a stack. */
function told(error) {
  if (Array.isArray(error)) return error;
  if (error instanceof CloseEvent) return { message: error.reason || "the server closed the connection", code: error.code };
  return { message: `${error?.message ?? error}; does the server still run?` };
}
