// Writes src/generated.ts: the types of what documents.graphql asks for, from the committed schema. A document that the schema does
// not allow stops it.

import { readFileSync, writeFileSync } from "node:fs";
import { codegen } from "@graphql-codegen/core";
import * as documents from "@graphql-codegen/typed-document-node";
import * as types from "@graphql-codegen/typescript-operations";
import { parse } from "graphql";

const read = (path: string) => parse(readFileSync(new URL(path, import.meta.url), "utf8"));

const generated = await codegen({
  filename: "src/generated.ts",
  schema: read("../../schemas/graphql/schema.graphql"),
  documents: [{ location: "src/documents.graphql", document: read("src/documents.graphql") }],
  plugins: [{ types: {} }, { documents: {} }],
  pluginMap: { types, documents },
  config: {
    // A scalar that is not listed here must not become `any` behind everybody's back.
    strictScalars: true,
    scalars: { Date: "string", DateTime: "string", JSON: "unknown", MinorUnits: "number", OrgSeq: "number", UUID: "string" },
    useTypeImports: true,
  },
});
writeFileSync(new URL("src/generated.ts", import.meta.url), `${generated}\n`);
