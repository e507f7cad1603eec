"""Is this SARIF 2.1.0?  sarif.py FILE [SCHEMA]

Checks the parts of the standard that plugreport uses: which properties an object may have and must
have (the standard's schema forbids others), enumerations, indexes, URIs.  With SCHEMA (the standard's
JSON schema) and python3-jsonschema, the whole schema as well.
"""
import json
import re
import sys

# Object: allowed properties (with ! those that are required) and what their values are.
TEXT = {"text!": str}
ARTIFACT = {"uri!": "uri", "uriBaseId": str}
PHYSICAL = {"artifactLocation!": ARTIFACT, "region": {"startLine!": "positive"}}
LOGICAL = {"fullyQualifiedName": str, "decoratedName": str, "kind": str}
LOCATION = {"id": int, "physicalLocation": PHYSICAL, "logicalLocations": [LOGICAL], "message": TEXT}
FRAME = {"location": LOCATION, "module": str}
RULE = {"id!": str, "shortDescription": TEXT, "fullDescription": TEXT, "help": TEXT, "properties": dict}
RESULT = {
    "ruleId": str, "ruleIndex": int, "level": {"none", "note", "warning", "error"}, "message!": TEXT,
    "locations": [LOCATION], "relatedLocations": [LOCATION],
    "stacks": [{"message": TEXT, "frames!": [FRAME]}], "partialFingerprints": dict, "properties": dict,
    "suppressions": [{"kind!": {"external", "inSource"}, "justification": str}],
}
RUN = {
    "tool!": {"driver!": {"name!": str, "semanticVersion": str, "rules": [RULE]}},
    "columnKind": {"utf16CodeUnits", "unicodeCodePoints"}, "results": [RESULT],
    "invocations": [{"executionSuccessful!": bool, "toolExecutionNotifications":
                     [{"level": {"none", "note", "warning", "error"}, "message!": TEXT}]}],
}
LOG = {"$schema": "uri", "version!": {"2.1.0"}, "runs!": [RUN]}


def check(value, shape, where):
    if isinstance(shape, dict):
        assert isinstance(value, dict), f"{where}: no object"
        names = {name.rstrip("!"): part for name, part in shape.items()}
        for name in value:
            assert name in names, f"{where}: may not have {name}"
            check(value[name], names[name], f"{where}.{name}")
        for name in shape:
            assert not name.endswith("!") or name[:-1] in value, f"{where}: lacks {name[:-1]}"
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{where}: no array"
        for index, element in enumerate(value):
            check(element, shape[0], f"{where}[{index}]")
        texts = [json.dumps(element, sort_keys=True) for element in value]
        assert len(set(texts)) == len(texts), f"{where}: elements are not unique"
    elif isinstance(shape, set):
        assert value in shape, f"{where}: {value!r} is none of {sorted(shape)}"
    elif shape == "uri":
        assert re.fullmatch(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-F]{2})+", value), f"{where}: {value!r}"
        assert value.startswith(("file:///", "https://")) or not value.startswith("/"), f"{where}: {value!r}"
    elif shape == "positive":
        assert isinstance(value, int) and value > 0, f"{where}: {value!r}"
    elif shape is not dict:
        assert isinstance(value, shape) and (shape is bool or not isinstance(value, bool)), f"{where}: {value!r}"
    else:
        assert isinstance(value, dict), f"{where}: no object"


with open(sys.argv[1], encoding="utf-8") as file:
    log = json.load(file)
check(log, LOG, "log")
for run in log["runs"]:
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules), "rules are not unique"
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"], "ruleIndex and ruleId differ"
        assert result["locations"], "code scanning needs a location"
        ids = [location["id"] for location in result["relatedLocations"]]
        assert ids == sorted(set(ids)), "ids of related locations"
if len(sys.argv) > 2:
    import jsonschema

    with open(sys.argv[2], encoding="utf-8") as file:
        jsonschema.validate(log, json.load(file))
