// Prints a lead's life as the topic tells it, and stops with an error where the topic has a hole.
//
//     node lead.js BROKERS LEAD [--topic xentri.sales.v1] [--until-end]
//
// With KAFKA_USERNAME and KAFKA_PASSWORD set it logs in by SCRAM over TLS; KAFKA_CA names the file with the CA.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Kafka, logLevel } from "kafkajs";

/** How far a partition has been seen. Keep it where you keep what you make of the events, in one transaction. */
class Partition {
  last = { epoch: 0, position: 0 };

  isNew(headers) {
    const here = { epoch: Number(headers["xentri-epoch"]), position: Number(headers["xentri-position"]) };
    if (compare(here, this.last) <= 0) return false; // a duplicate, or a heartbeat that tells nothing new
    const [epoch, position] = headers["xentri-prev"].split(":").map(Number);
    const prev = { epoch, position };
    // A new epoch: the ledger was set back, and what was seen after `prev` has never happened.
    if (here.epoch > this.last.epoch && compare(prev, this.last) < 0)
      console.log(`set back: nothing after ${place(prev)} has happened`);
    else if (compare(prev, this.last) !== 0)
      throw new Hole(`what came after ${place(this.last)}, up to ${place(prev)}, is missing`);
    this.last = here;
    return true;
  }
}

class Hole extends Error {}

const compare = (one, other) => one.epoch - other.epoch || one.position - other.position;
const place = ({ epoch, position }) => `${epoch}:${position}`;

/** Personal fields are sealed: {"$p": ciphertext}, or {"$p": null} once the person is forgotten. */
const shown = (value) =>
  value?.$p === undefined ? JSON.stringify(value) : value.$p === null ? "(forgotten)" : "(sealed)";

function line(event) {
  const fields = Object.entries(event.payload).map(([name, value]) => `${name}=${shown(value)}`);
  return [event.stream.version, event.recorded_at, event.type, ...fields].join(" ");
}

function client(brokers) {
  const { KAFKA_USERNAME: username, KAFKA_PASSWORD: password, KAFKA_CA: ca } = process.env;
  const secured = { ssl: ca ? { ca: [readFileSync(ca)] } : true, sasl: { mechanism: "scram-sha-512", username, password } };
  return new Kafka({ brokers: brokers.split(","), logLevel: logLevel.NOTHING, ...(username && secured) });
}

async function follow(kafka, topic, lead, untilEnd) {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const partitions = new Map(ends.map(({ partition }) => [partition, new Partition()]));
  // What is there now: an empty partition has been read already.
  const unread = new Map(ends.filter(({ low, high }) => low !== high).map(({ partition, high }) => [partition, BigInt(high) - 1n]));

  // A group of its own and nothing committed: it reads from the beginning each time.
  const consumer = kafka.consumer({ groupId: `${process.env.KAFKA_USERNAME ?? "nobody"}-lead-life-${randomUUID()}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  let over = untilEnd && unread.size === 0;
  const ended = new Promise((resolve, reject) => {
    // Whatever is thrown in here would only be tried again.
    const take = ({ partition, message }) => {
      const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
      const isNew = partitions.get(partition).isNew(headers);
      if (isNew && headers.ce_subject === `lead/${lead}`) console.log(line(JSON.parse(message.value)));
      if (BigInt(message.offset) >= unread.get(partition)) unread.delete(partition);
      over = untilEnd && unread.size === 0;
      if (over) resolve();
    };
    const eachMessage = async (received) => {
      try {
        if (!over) take(received);
      } catch (error) {
        over = true;
        if (error instanceof Hole) error.message = `hole in ${topic}/${received.partition}: ${error.message}`;
        reject(error);
      }
    };
    if (over) resolve();
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.run({ autoCommit: false, eachMessage }).catch(reject);
  });
  await ended.finally(() => consumer.disconnect());
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { topic: { type: "string", default: "xentri.sales.v1" }, "until-end": { type: "boolean" } },
});
const [brokers, lead] = positionals;
if (!lead) throw new Error("usage: node lead.js BROKERS LEAD [--topic TOPIC] [--until-end]");
follow(client(brokers), values.topic, lead, values["until-end"]).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
