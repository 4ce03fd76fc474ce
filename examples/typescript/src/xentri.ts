// All that talks to the server: commands by REST, queries and subscriptions by GraphQL.

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";
import { ClientError, GraphQLClient } from "graphql-request";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

type Variables = Record<string, unknown>;

/** What a command answers. */
export interface Done {
  id: string;
  version: number;
  /** Shown to a query, it makes that query wait until it knows of this command. */
  consistency_token: string;
}

/** An error of the API. Programs go by `code`, which stays as it is; the rest is for people. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** The first of several says enough. */
function refused(errors: readonly { message: string; extensions?: Record<string, unknown> | undefined }[]): Refused {
  const [first] = errors;
  return new Refused(String(first?.extensions?.["code"]), first?.message ?? "no error is named");
}

export class Xentri {
  readonly #api: string;
  readonly #token: string;
  readonly #queries: GraphQLClient;

  constructor(api: string, token: string) {
    this.#api = api;
    this.#token = token;
    this.#queries = new GraphQLClient(`${api}/graphql`, { headers: { authorization: `Bearer ${token}` } });
  }

  /** Does it once, however often it has to be sent: all attempts have one key, and the server knows it again. */
  async command(path: string, fields: object, options: { version?: number } = {}): Promise<Done> {
    const headers: Record<string, string> = {
      authorization: `Bearer ${this.#token}`,
      "content-type": "application/json",
      "idempotency-key": randomUUID(),
    };
    if (options.version !== undefined) headers["if-match"] = `"${options.version}"`;
    const request = { method: "POST", headers, body: JSON.stringify(fields) };
    for (let attempt = 1; ; attempt++) {
      const answer = await fetch(`${this.#api}/api/v1/${path}`, request).catch((error: unknown) => {
        if (attempt === 5) throw error;
      });
      if (answer?.ok) return ((await answer.json()) as { data: Done }).data;
      if (answer && (attempt === 5 || ![429, 503].includes(answer.status))) {
        const problem = (await answer.json()) as { code: string; title: string; detail?: string };
        throw new Refused(problem.code, problem.detail ?? problem.title);
      }
      await sleep(Number(answer?.headers.get("retry-after") ?? attempt / 4) * 1000);
    }
  }

  /** `after`: of the command whose outcome has to be in the answer. */
  async query<Result, Asked extends Variables>(
    document: TypedDocumentNode<Result, Asked>,
    variables: Asked,
    after?: Done,
  ): Promise<Result> {
    const headers = after && { "x-consistency-token": after.consistency_token };
    try {
      return await this.#queries.request<Result>(document, variables, headers);
    } catch (error) {
      throw error instanceof ClientError && error.response.errors ? refused(error.response.errors) : error;
    }
  }

  /** What is there now, and then each change. Leaving the loop ends it; a connection that is lost is made again. */
  async *watch<Result, Asked extends Variables>(
    document: TypedDocumentNode<Result, Asked>,
    variables: Asked,
  ): AsyncGenerator<Result> {
    const client = createClient({
      url: `${this.#api.replace(/^http/, "ws")}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${this.#token}` },
      retryAttempts: 5,
      shouldRetry: () => true,
    });
    const results = client.iterate<Result>({ query: print(document), variables });
    try {
      for await (const { data, errors } of results) {
        if (errors) throw refused(errors);
        if (data) yield data;
      }
    } catch (error) {
      throw Array.isArray(error) ? refused(error) : error;
    } finally {
      await client.dispose();
    }
  }
}
