"""Prints a lead's life as the topic tells it, and stops with an error where the topic has a hole.

    python lead.py BROKERS LEAD [--topic xentri.sales.v1] [--until-end]

With KAFKA_USERNAME and KAFKA_PASSWORD set it logs in by SCRAM over TLS; KAFKA_CA names the file with the CA.
"""

import argparse
import json
import os
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition


class Hole(Exception):
    """Messages are missing."""


class Partition:
    """How far a partition has been seen."""

    def __init__(self):
        self.last = (0, 0)  # keep it where you keep what you make of the events, in one transaction

    def is_new(self, headers):
        here = int(headers["xentri-epoch"]), int(headers["xentri-position"])
        if here <= self.last:
            return False  # a duplicate, or a heartbeat that tells nothing new
        prev = tuple(int(number) for number in headers["xentri-prev"].split(":"))
        # A new epoch: the ledger was set back, and what was seen after `prev` has never happened.
        set_back = here[0] > self.last[0] and prev < self.last
        if set_back:
            print(f"set back: nothing after {place(prev)} has happened", flush=True)
        elif prev != self.last:
            raise Hole(f"what came after {place(self.last)}, up to {place(prev)}, is missing")
        self.last = here
        return True


def place(place):
    return "%d:%d" % place


def shown(value):
    """Personal fields are sealed: {"$p": ciphertext}, or {"$p": null} once the person is forgotten."""
    if isinstance(value, dict) and "$p" in value:
        return "(forgotten)" if value["$p"] is None else "(sealed)"
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def line(event):
    fields = (f"{name}={shown(value)}" for name, value in event["payload"].items())
    return " ".join([str(event["stream"]["version"]), event["recorded_at"], event["type"], *fields])


def consumer(brokers):
    # It joins no group and commits nothing, but reads from the beginning each time; librdkafka wants a name all the same.
    group = os.environ.get("KAFKA_USERNAME", "nobody") + "-lead-life"
    config = {"bootstrap.servers": brokers, "group.id": group, "enable.auto.commit": False}
    config |= {"enable.partition.eof": True, "auto.offset.reset": "error"}
    if "KAFKA_USERNAME" in os.environ:
        config |= {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"}
        config |= {"sasl.username": os.environ["KAFKA_USERNAME"], "sasl.password": os.environ["KAFKA_PASSWORD"]}
        config |= {"ssl.ca.location": os.environ["KAFKA_CA"]} if "KAFKA_CA" in os.environ else {}
    return Consumer(config)


def follow(kafka, topic, lead, until_end):
    partitions = {number: Partition() for number in kafka.list_topics(topic, timeout=30).topics[topic].partitions}
    if not partitions:
        raise SystemExit(f"there is no topic {topic}, or it is not for you")
    kafka.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
    unread = set(partitions)
    while unread or not until_end:
        message = kafka.poll(1)
        if message is None:
            continue
        if message.error():
            if message.error().code() != KafkaError._PARTITION_EOF:
                raise SystemExit(message.error().str())
            unread.discard(message.partition())
            continue
        headers = {name: value.decode() for name, value in message.headers()}
        try:
            is_new = partitions[message.partition()].is_new(headers)
        except Hole as hole:
            raise SystemExit(f"hole in {topic}/{message.partition()}: {hole}")
        if is_new and headers["ce_subject"] == f"lead/{lead}":
            print(line(json.loads(message.value())), flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Prints a lead's life.")
    arguments.add_argument("brokers")
    arguments.add_argument("lead")
    arguments.add_argument("--topic", default="xentri.sales.v1")
    arguments.add_argument("--until-end", action="store_true", help="stop at what is there now")
    given = arguments.parse_args()
    follow(consumer(given.brokers), given.topic, given.lead, given.until_end)
