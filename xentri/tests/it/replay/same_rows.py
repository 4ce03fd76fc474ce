"""Prints how many rows a Parquet file has, its types and some sums, after making sure that it says what a file of JSON lines says.

    python same_rows.py ROWS.parquet ROWS.jsonl
"""

import datetime
import json
import sys

import duckdb

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

parquet, lines = sys.argv[1:]
types = {name: kind for name, kind, *_ in duckdb.execute(f"describe select * from '{parquet}'").fetchall()}


def selected(name):
    """As a value that JSON has, too."""
    if types[name] == "TIMESTAMP WITH TIME ZONE":
        return f'epoch_us("{name}")'
    return f'"{name}"::varchar' if types[name] in ("UUID", "DATE", "JSON") else f'"{name}"'


def expected(name, value):
    if value is not None and types[name] == "TIMESTAMP WITH TIME ZONE":
        return (datetime.datetime.fromisoformat(value) - EPOCH) // datetime.timedelta(microseconds=1)
    return value


columns = ", ".join(selected(name) for name in types)
found = [dict(zip(types, row)) for row in duckdb.execute(f"select {columns} from '{parquet}'").fetchall()]
for row in found:
    row.update({name: json.loads(row[name]) for name in types if types[name] == "JSON" and row[name] is not None})
with open(lines, encoding="utf-8") as file:
    wanted = [{name: expected(name, value) for name, value in json.loads(line).items()} for line in file]
assert len(found) == len(wanted), (len(found), len(wanted))
for one, other in zip(found, wanted):
    assert list(one) == list(other) and one == other, (one, other)

longs = [name for name, kind in types.items() if kind == "BIGINT"]
sums = {name: sum(row[name] or 0 for row in found) for name in longs}
about = duckdb.execute(f"select key::varchar, value::varchar from parquet_kv_metadata('{parquet}')").fetchall()
print(json.dumps({"rows": len(found), "types": types, "sums": sums, "about": dict(about)}))
