"""Verifies the export of an org: zstd -dc org.jsonl.zst | python3 verify.py PUBLIC_KEY_HEX"""
import hashlib, json, sys
from datetime import datetime, timedelta
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493  # Ed25519, as in RFC 8032
D, EPOCH = -121665 * pow(121666, -1, P) % P, datetime.fromisoformat("1970-01-01T00:00:00Z")
def add(a, b):
    k = D * a[0] * b[0] * a[1] * b[1]
    return (a[0] * b[1] + b[0] * a[1]) * pow(1 + k, -1, P) % P, (a[1] * b[1] + a[0] * b[0]) * pow(1 - k, -1, P) % P
def times(n, a):
    return add(times(n // 2, add(a, a)), a if n % 2 else (0, 1)) if n else (0, 1)
def point(raw):
    odd, y = divmod(int.from_bytes(raw, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    root = pow(square, (P + 3) // 8, P)
    x = root if root * root % P == square else root * pow(2, (P - 1) // 4, P) % P
    return x if x % 2 == odd else P - x, y
def sha256(data): return hashlib.sha256(data).digest()
def check(line, key, wanted):  # the signature covers every byte before itself
    text, signature = line.decode().removesuffix('"}').rsplit(',"signature":"', 1)
    r, s = signature[:64], int.from_bytes(bytes.fromhex(signature[64:]), "little")
    h = int.from_bytes(hashlib.sha512(bytes.fromhex(r) + key + text.encode()).digest(), "little") % L
    x, y = add(times(s, point(bytes.fromhex("58" + 31 * "66"))), times(L - h, point(key)))
    if len(signature) != 128 or s >= L or (y | x % 2 << 255).to_bytes(32, "little").hex() != r:
        raise ValueError("not signed with this key: " + text)
    if not json.loads(line).items() >= wanted.items(): raise ValueError("signed for other lines: " + text)
try:
    key, seq, head, others = bytes.fromhex(sys.argv[1]), 0, bytes(32), []
    for line in (line.removesuffix(b"\n") for line in sys.stdin.buffer):
        if not line.startswith(b'{"id":"'): others.append(line); continue
        seq, event, (body, suffix) = seq + 1, json.loads(line), line.rsplit(b',"recorded_at":"', 1)
        org, at, epoch = json.loads(others[0])["org_id"], event["recorded_at"], event["ledger"]["epoch"]
        micros = (datetime.fromisoformat(at) - EPOCH) // timedelta(microseconds=1)
        head = sha256(head + b"".join(n.to_bytes(8, "big") for n in (epoch, seq, micros)) + sha256(body + b"}"))
        mark = f'{at}","ledger":{{"epoch":{epoch},"org_seq":{seq},"hash":"{head.hex()}"}}}}'
        if (event["org_id"], suffix.decode()) != (org, mark): sys.exit(f"event {seq} of {org} does not fit: {event['id']}")
    check(others[-2], key, {"checkpoint": 1, "org_id": org, "org_seq": seq, "hash": head.hex()})
    check(others[-1], key, {"bundle_end": 1, "events": seq, "lines": [sha256(line).hex() for line in others[:-1]]})
    print(f"{seq} events of {org} fit, head {head.hex()}")
except Exception as error: sys.exit(f"event {seq} or what comes after it does not fit: {error}")
