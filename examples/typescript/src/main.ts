// Captures a lead, reads it back, watches it, and changes it under one's own eyes.

import { LeadDocument, LeadsDocument, WatchLeadDocument, type LeadCardFragment } from "./generated.ts";
import { Refused, Xentri } from "./xentri.ts";

const { XENTRI_API: api = "http://127.0.0.1:8080", XENTRI_TOKEN: token } = process.env;
if (!token) throw new Error("XENTRI_TOKEN is not set: token=$(xentri token --org ORG --role owner)");
const xentri = new Xentri(api, token);

const line = (lead: LeadCardFragment) =>
  `${lead.name}, version ${lead.version}: ${lead.state}, score ${lead.score ?? "none"}, worth ${lead.value?.formatted ?? "nothing yet"}`;

// A command goes to the REST API.
const captured = await xentri.command("sales/leads", {
  name: "Ada Lovelace",
  email: "ada@example.com",
  source: "form",
  value: { amount: 121000, currency: "EUR" },
});
const { id } = captured;

// One reads one's own writes: this waits until the read models have come to the command.
const { lead } = await xentri.query(LeadDocument, { id }, captured);
if (!lead) throw new Error("a query that shows a command's token shows what it did");
console.log(`captured: ${line(lead)}`);

// The first that a subscription tells is the lead as it is.
const changes = xentri.watch(WatchLeadDocument, { id });
const next = async () => (await changes.next()).value?.lead as LeadCardFragment;
console.log(`watched:  ${line(await next())}`);

await xentri.command(`sales/leads/${id}/log-contact`, { channel: "phone" });
console.log(`changed:  ${line(await next())}`);

// Only if nothing has happened since the version that was read, and something has.
const qualify = (version: number) =>
  xentri.command(`sales/leads/${id}/qualify`, { score: 80, reason: "Has a date and a budget." }, { version });
try {
  await qualify(lead.version);
} catch (error) {
  if (!(error instanceof Refused) || error.code !== "VERSION_MISMATCH") throw error;
  console.log(`refused:  ${error.code}: ${error.message}`);
  const { lead } = await xentri.query(LeadDocument, { id });
  if (lead) await qualify(lead.version);
}
console.log(`changed:  ${line(await next())}`);
await changes.return(undefined);

// Errors of queries have codes too, from the same catalogue.
await xentri.query(LeadsDocument, { first: 1000 }).catch((error: unknown) => {
  if (!(error instanceof Refused)) throw error;
  console.log(`refused:  ${error.code}: ${error.message}`);
});
const { leads } = await xentri.query(LeadsDocument, { first: 20 });
console.log(`leads:    ${leads?.totalCount}`);
