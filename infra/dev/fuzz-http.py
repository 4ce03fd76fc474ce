"""What schemathesis has to be told to get further than the door; see fuzz-http.toml.

Commands are sent to things that are there, and what is well formed may only be refused for what the org has recorded.
"""

import datetime
import itertools
import json
import os
import re
import urllib.request
from collections import defaultdict

import schemathesis

ORGS = "/api/v1/core/orgs"
EUR = {"amount": 100, "currency": "EUR"}
LINE = {"description": "Bread", "quantity": "2.5", "unit_price": 400, "tax_rate_bp": 2100}
PAYMENT = {"amount": EUR, "method": "card", "reference": "1", "received_at": "2026-01-31T09:30:00Z"}
PROPOSAL = {"amount": EUR, "valid_until": "9000-12-31"}
# How things are made and go on, so that commands find some in every state. `$n` is another each time.
WAYS = {
    "/api/v1/brand/sites": [{"name": "Bakery", "slug": "site-$n"}, ("publish", {})],
    "/api/v1/brand/pages": [{"site_id": "$site", "path": "/page-$n", "title": "Bread"}, ("request-preview", {})],
    "/api/v1/finance/invoices": [
        {"customer": {"name": "Ada"}, "currency": "EUR", "lines": [LINE], "due_in_days": 30},
        ("issue", {}),
        ("record-payment", PAYMENT),
    ],
    "/api/v1/sales/leads": [
        {"name": "Ada", "source": "form"},
        ("log-contact", {"channel": "phone"}),
        ("qualify", {"score": 80, "reason": "Has a budget."}),
        ("send-proposal", PROPOSAL),
        ("win", {"amount": EUR}),
    ],
}

number = itertools.count()
ids_below = defaultdict(list)  # what was made, by the path it was made at
ids_below[ORGS] = [os.environ["XENTRI_FUZZ_ORG"]]

UUID = "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
RARE = ("If-Match", "X-On-Behalf-Of")
THIS_YEAR = str(datetime.date.today().year)
FORMS = {"If-Match": '"(0|[1-9][0-9]{0,18})"', "X-Causation-Id": UUID, "X-Correlation-Id": UUID, "X-On-Behalf-Of": UUID}

# What may be wrong with a field, though no JSON Schema can say so.
BEYOND_SCHEMAS = {"unknown_time_zone"}


def is_well_formed(case):
    return case.meta is not None and case.meta.generation.mode.is_positive


@schemathesis.hook
def before_call(context, case, kwargs):
    if not is_well_formed(case):
        return
    headers = case.headers
    # Examples of headers: a key belongs to one command, and a version to one stream.
    if headers.get("Idempotency-Key") == "order-4711":
        headers["Idempotency-Key"] = f"order-{next(number)}"
    if headers.get("If-Match") == '"7"':
        del headers["If-Match"]
    # Most commands end here: the version is another, a user may not speak for others, and of the years that can be written
    # nearly all are to come.
    for name in RARE:
        if name in headers and next(number) % 4:
            del headers[name]
    if str(headers.get("X-Occurred-At", ""))[:4] >= THIS_YEAR:
        del headers["X-Occurred-At"]
    # The coverage phase takes a bare 0 for well formed, whatever the schema says of the header.
    for name, form in FORMS.items():
        if name in headers and not re.fullmatch(form, str(headers[name])):
            del headers[name]
    collection = case.path.partition("/{id}/")[0]
    if collection in WAYS and "{id}" in case.path and next(number) % 3 == 0 and ids_below["/api/v1/brand/sites"]:
        make(collection)
    made = ids_below[collection]
    if made and "id" in (case.path_parameters or {}):
        case.path_parameters["id"] = made[-1 - next(number) % min(len(made), 20)]
    body = case.body if isinstance(case.body, dict) else {}
    sites = ids_below["/api/v1/brand/sites"]
    if sites and "site_id" in body:
        body["site_id"] = sites[-1]
    # What an example gives as still to come is so for a while only.
    for name in ("due_at", "valid_until"):
        if isinstance(body.get(name), str) and body[name][:1] < "9":
            body[name] = "9" + body[name][1:]


@schemathesis.hook
def after_call(context, case, response):
    if response.status_code == 201 and "{" not in case.path and case.path != ORGS:
        ids_below[case.path].append(response.json()["data"]["id"])


def make(collection):
    """Something new, some way on."""
    first, *steps = WAYS[collection]
    made = give(collection, first)["data"]["id"]
    for command, body in steps[: next(number) % (len(steps) + 1)]:
        # A site is not published without a page to show.
        if command == "publish":
            page = give("/api/v1/brand/pages", {"site_id": made, "path": "/", "title": "Bread"})["data"]["id"]
            give(f"/api/v1/brand/pages/{page}/request-preview", {})
        give(f"{collection}/{made}/{command}", body)
    ids_below[collection].append(made)


def give(path, body):
    site = ids_below["/api/v1/brand/sites"][-1:] or [""]
    text = json.dumps(body).replace("$n", str(next(number))).replace("$site", site[0])
    headers = {"Authorization": f"Bearer {os.environ['XENTRI_FUZZ_OWNER']}", "Content-Type": "application/json"}
    request = urllib.request.Request(os.environ["XENTRI_FUZZ_API"] + path, text.encode(), headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@schemathesis.check
def well_formed_is_refused_for_its_state_alone(ctx, response, case):
    if not is_well_formed(case) or response.status_code != 422:
        return
    problem = response.json()
    for error in problem.get("errors", []) if problem["code"] == "INVALID" else []:
        if error["code"] in BEYOND_SCHEMAS or is_about_wholes(case.body, error):
            continue
        raise AssertionError(f"a body that fits its schema is refused: {error}")


def is_about_wholes(body, error):
    """Whether the field is a number like 2.0, or has one: to JSON Schema that is an integer, but money has no fractions here."""
    for name in error["pointer"].split("/")[1:]:
        body = body[int(name)] if isinstance(body, list) else body[name]
    return error["code"] == "wrong_type" and has_whole(body)


def has_whole(value):
    if isinstance(value, (dict, list)):
        return any(map(has_whole, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and value.is_integer()
