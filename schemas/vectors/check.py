#!/usr/bin/env python3
"""Checks the test vectors with the standard library alone: start here to verify our events elsewhere."""
import base64
import hashlib
import json
import pathlib
from datetime import datetime

HERE = pathlib.Path(__file__).parent


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def sha256(data):
    return hashlib.sha256(data).digest()


def canonical(body):
    """A body is what a plain JSON writer makes of it: compact, as few escapes as JSON allows."""
    value = json.loads(body)
    assert json.dumps(value, ensure_ascii=False, separators=(",", ":")) == body, body
    return value


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def check_body(vector):
    value, given = canonical(vector["body"]), vector["input"]
    if isinstance(given, dict):
        assert moment(given.pop("occurred_at")) == moment(value.pop("occurred_at")), vector
        assert given == value, vector
    assert sha256(vector["body"].encode()).hex() == vector["sha256"], vector


def check_event(previous, event):
    place = b"".join(event[name].to_bytes(8, "big") for name in ("epoch", "org_seq", "recorded_at_us"))
    link = previous + place + sha256(event["body"].encode())
    body, suffix = event["wire"].rsplit(',"recorded_at":', 1)
    assert body + "}" == event["body"], event
    fields = json.loads('{"recorded_at":' + suffix)
    assert fields["ledger"] == {key: event[key] for key in ("epoch", "org_seq", "hash")}, event
    assert round(moment(fields["recorded_at"]).timestamp() * 1_000_000) == event["recorded_at_us"], event
    assert sha256(link).hex() == event["hash"], event
    return sha256(link)


bodies = [vector for path in sorted((HERE / "bodies").glob("*.json")) for vector in load(path)]
for vector in bodies + load(HERE / "spelling.json"):
    check_body(vector)
previous, chain = bytes(32), load(HERE / "chain.json")
for event in chain:
    previous = check_event(previous, event)
for vector in (vector for vector in load(HERE / "sealed.json") if vector["bytes"]):
    text = base64.urlsafe_b64encode(bytes.fromhex(vector["bytes"])).rstrip(b"=").decode()
    assert vector["written"] == {"$p": text}, vector
print(f"{len(bodies)} bodies, a chain of {len(chain)} events and the spellings agree")
