"""Judges conversions by Kubernetes' published schemas, all in one process: starting one for each is slow.

Reads a JSON object a line: `version`, `before` and `after` (YAML or JSON texts), `what` (for messages). Prints one JSON
object: how many changed objects were judged, rejected before already, of kinds without a schema, or could not be read;
and `wrong`, what the release accepts before and rejects after.
"""

import functools
import json
import sys

import kubernetes_validate
import yaml
from kubernetes_validate import utils

# The package reads its files anew for each object.
for name in ["schema_contents", "all_versions"]:
    setattr(utils, name, functools.lru_cache(maxsize=None)(getattr(utils, name)))

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Reader(Loader):
    """YAML as Kubernetes reads it: what looks like a date is text, and so is `=`."""


for first, resolvers in list(Reader.yaml_implicit_resolvers.items()):
    kept = [one for one in resolvers if one[0] not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")]
    Reader.yaml_implicit_resolvers = {**Reader.yaml_implicit_resolvers, first: kept}


@functools.lru_cache(maxsize=64)
def objects(text):
    """All objects in a text; lists are taken apart."""
    found = []

    def add(value):
        if not isinstance(value, dict):
            return
        items = value.get("items")
        if str(value.get("kind")).endswith("List") and isinstance(items, list):
            for item in items:
                add(item)
        else:
            found.append(value)

    for document in yaml.load_all(text, Loader=Reader):
        add(document)
    return found


@functools.lru_cache(maxsize=None)
def judge(version, text):
    """Why the release rejects the object; nothing when it does not. Raises when it has no schema for it."""
    try:
        kubernetes_validate.validate(json.loads(text), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return ".".join(str(key) for key in error.path) + ": " + error.message
    return ""


def main():
    counts = {"judged": 0, "rejected_before": 0, "without_schema": 0, "unread": 0}
    wrong = []
    for line in sys.stdin:
        trial = json.loads(line)
        try:
            before = objects(trial["before"])
        except yaml.YAMLError:
            counts["unread"] += 1
            continue
        after = objects(trial["after"])
        if len(before) != len(after):
            wrong.append("%s: %d objects became %d" % (trial["what"], len(before), len(after)))
            continue
        for old, new in zip(before, after):
            if old == new:
                continue
            old, new = (json.dumps(one, sort_keys=True) for one in (old, new))
            try:
                if judge(trial["version"], old):
                    counts["rejected_before"] += 1
                    continue
                why = judge(trial["version"], new)
            except (kubernetes_validate.SchemaNotFoundError, KeyError):
                counts["without_schema"] += 1
                continue
            counts["judged"] += 1
            if why:
                wrong.append("%s, Kubernetes %s: %s" % (trial["what"], trial["version"], why))
    print(json.dumps({**counts, "wrong": wrong}))


main()
